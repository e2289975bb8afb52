/** An unreadable document; the message is shown to its owner. */
export class UnreadableError extends Error {
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = "UnreadableError";
  }
}
