/** A rule error; its message is the reason shown to the user. */
export class RuleFault extends Error {
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = "RuleFault";
  }
}
