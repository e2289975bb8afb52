/** What a rule asks for and can't be done: the message is the reason that its user sees. */
export class RuleFault extends Error {
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = "RuleFault";
  }
}
