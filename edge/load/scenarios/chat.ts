import { ChatUser } from "../chat-user.ts";
import { addVerdict, emptyVerdict, type Verdict } from "../verdict.ts";
import type { Scenario, ScenarioParts } from "./scenario.ts";

const connectedAtOnce = 50;
const readAtOnce = 8;

/**
 * Messages to sessions, answered on every device of their users. With many devices per user it tests fan-out;
 * with `cuts` (storm), all sockets are closed at once and resume.
 */
export class ChatScenario implements Scenario {
  readonly #parts: ScenarioParts;
  readonly #users: ChatUser[];
  readonly #sessions: { user: ChatUser; id: string }[];
  #cutsLeft: number;

  constructor(parts: ScenarioParts, cuts = 0) {
    const { options, users, recorder } = parts;
    this.#parts = parts;
    this.#cutsLeft = cuts;
    this.#users = users.map((user) => new ChatUser(user, options, recorder));
    const run = Date.now().toString(36);
    this.#sessions = Array.from({ length: options.sessions }, (_, index) =>
      this.#users.map((user) => ({ user, id: `load_${run}_${process.pid}_${index}` })),
    ).flat();
  }

  async open(): Promise<void> {
    await inTurn(this.#users, connectedAtOnce, (user) => user.connect());
  }

  send(index: number, intendedAt: number, counted: boolean): void {
    const session = this.#sessions[index % this.#sessions.length];
    if (counted) this.#parts.recorder.counts.sent += 1;
    session?.user.send(session.id, intendedAt, counted);
  }

  get unanswered(): number {
    return this.#users.reduce((sum, user) => sum + user.unanswered, 0);
  }

  progress(share: number): void {
    const { cuts } = this.#parts.options;
    if (this.#cutsLeft === 0 || share < (cuts - this.#cutsLeft + 1) / (cuts + 1)) return;
    this.#cutsLeft -= 1;
    for (const user of this.#users) user.cut();
  }

  async verdict(): Promise<Verdict> {
    await inTurn(this.#sessions, readAtOnce, async ({ user, id }) => {
      user.ledger.compare(await user.answeredInHistory(id));
    });
    const verdict = emptyVerdict();
    for (const { ledger } of this.#users) addVerdict(verdict, ledger.verdict());
    return verdict;
  }

  close(): Promise<void> {
    for (const user of this.#users) user.close();
    return Promise.resolve();
  }
}

/** Processes items with limited concurrency. */
async function inTurn<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
