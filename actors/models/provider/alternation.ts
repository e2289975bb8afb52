import type { ChatMessage } from "../../../schemas/wire/openai.ts";

type Content = ChatMessage["content"];

const opening: ChatMessage = { role: "user", content: "…" };

/**
 * Reorders a prompt for strict chat templates: at most one system message, first, then alternating user and
 * assistant messages, starting with the user. Consecutive messages of one role are joined; later system
 * messages become user messages. `systemRole` false: the first system message as well. Tool calls and results
 * are left unchanged.
 */
export function alternating(messages: readonly ChatMessage[], systemRole = true): ChatMessage[] {
  const lead = messages.findIndex(({ role }) => !isSystem(role));
  const head = messages.slice(0, lead < 0 ? messages.length : lead);
  const rest = lead < 0 ? [] : messages.slice(lead);
  const turns: ChatMessage[] = [];
  if (!systemRole) for (const message of head) add(turns, { role: "user", content: message.content });
  for (const message of rest) add(turns, isSystem(message.role) ? { ...message, role: "user" } : message);
  if (turns[0]?.role === "assistant") turns.unshift(opening);
  if (!systemRole || head.length === 0) return turns;
  const [first, ...more] = head;
  const system = more.reduce((joined, one) => joinedWith(joined, one), first as ChatMessage);
  return [system, ...turns];
}

function add(turns: ChatMessage[], message: ChatMessage): void {
  const last = turns.at(-1);
  if (last === undefined || !isJoinable(last, message)) turns.push(message);
  else turns[turns.length - 1] = joinedWith(last, message);
}

function isJoinable(last: ChatMessage, message: ChatMessage): boolean {
  if (last.role !== message.role || (message.role !== "user" && message.role !== "assistant")) return false;
  return last.tool_calls === undefined && message.tool_calls === undefined && last.name === message.name;
}

function joinedWith(first: ChatMessage, second: ChatMessage): ChatMessage {
  return { ...first, content: joinedContent(first.content, second.content) };
}

function joinedContent(first: Content, second: Content): Content {
  if (first === undefined || first === null || first === "") return second;
  if (second === undefined || second === null || second === "") return first;
  if (typeof first === "string" && typeof second === "string") return `${first}\n\n${second}`;
  return [...partsOf(first), ...partsOf(second)];
}

function partsOf(content: NonNullable<Content>): Exclude<NonNullable<Content>, string> {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function isSystem(role: ChatMessage["role"]): boolean {
  return role === "system" || role === "developer";
}
