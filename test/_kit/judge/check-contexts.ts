import { alternating } from "../../../actors/models/provider/alternation.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import type { ChatMessage } from "../../../schemas/wire/openai.ts";
import { clientMsgId, turnsBySession } from "./check-turns.ts";
import type { Report } from "./checker.ts";
import { contextDigest, type Given, readDigest } from "./context-digest.ts";
import type { History } from "./history.ts";

/** Checks that each reply was generated from the transcript committed before it. */
export function checkContexts(history: History, report: Report): void {
  if (!history.contextual) return;
  const asked = new Map(history.sends.map((send) => [`${send.user} ${send.client_msg_id}`, send.content]));
  const replies = repliesSeen(history);
  for (const [name, turns] of turnsBySession(history)) {
    for (const [index, turn] of turns.entries()) {
      if (turn.kind !== "message") continue;
      const given = givenBy(turn, asked, replies);
      const made = readDigest(given?.at(1)?.content ?? "");
      const question = given?.[0];
      if (made === undefined || question === undefined) continue;
      const prefixes = committedPrefixes(turns, index, asked, replies);
      const fits = prefixes.some((prefix) => fitsPrompt([...prefix, question], made));
      if (!fits) {
        const lengths = prefixes.map((prefix) => prefix.length + 1).join(" or ");
        report(
          "context",
          `${name} n ${turn._id.n} (${clientMsgId(turn)}) was made on ${made.digest}, committed ${lengths}`,
        );
      }
    }
  }
}

/**
 * Whether a prompt consists of the last of these messages: the oldest turns are dropped from a long one.
 */
function fitsPrompt(messages: readonly Given[], made: { digest: string; count: number }): boolean {
  for (let start = messages.length - made.count; start >= 0; start--) {
    const prompt = alternating(messages.slice(start) as ChatMessage[]);
    if (prompt.length > made.count) return false;
    if (prompt.length === made.count && contextDigest(prompt as Given[]) === made.digest) return true;
  }
  return false;
}

/**
 * Possible transcripts of a turn: what is visible before it. A clear may have been committed while the turn's
 * message was already in the log, so the transcript before such a clear is possible, too.
 */
function committedPrefixes(
  turns: readonly Turn[],
  index: number,
  asked: ReadonlyMap<string, string>,
  replies: ReadonlyMap<string, string>,
): Given[][] {
  const own = turns[index];
  const prefixes: Given[][] = [];
  const collected: Given[][] = [];
  for (let at = index - 1; at >= 0; at--) {
    const turn = turns[at];
    if (turn === undefined || own === undefined) break;
    if (turn.kind === "message") {
      const given = givenBy(turn, asked, replies);
      // The content was erased and no client saw it: longer prefixes can't be checked.
      if (given === undefined) return prefixes.length > 0 ? prefixes : [collected.toReversed().flat()];
      // A question without a reply is not part of later prompts.
      if (given.length > 1) collected.push(given);
      continue;
    }
    prefixes.push(collected.toReversed().flat());
    const between = turn.kind === "clear" && (turn.seen_seq ?? 0) >= own.in_seq && collected.length === 0;
    if (!between) return prefixes;
  }
  prefixes.push(collected.toReversed().flat());
  return prefixes;
}

/** What a turn adds to later prompts; erased content is taken from sent and received messages. */
function givenBy(
  turn: Turn,
  asked: ReadonlyMap<string, string>,
  replies: ReadonlyMap<string, string>,
): Given[] | undefined {
  if (
    turn.messages.length > 0 &&
    turn.blanked !== true &&
    turn.messages.some(({ content }) => content !== "")
  ) {
    return turn.messages
      .map(({ role, content }) => ({ role, content }))
      .filter(({ content }) => content !== "");
  }
  const question = asked.get(`${turn._id.user} ${clientMsgId(turn)}`);
  const reply = replies.get(`${turn._id.user} ${clientMsgId(turn)}`);
  if (question === undefined || reply === undefined) return undefined;
  const assistant = reply === "" ? [] : [{ role: "assistant", content: reply }];
  return [{ role: "user", content: question }, ...assistant];
}

function repliesSeen(history: History): Map<string, string> {
  const replies = new Map<string, string>();
  for (const { user, frames } of history.clients) {
    for (const { frame } of frames) {
      if (frame.type === "stream_end") replies.set(`${user} ${frame.client_msg_id}`, frame.text);
    }
  }
  return replies;
}
