/** A document whose content can't be used: the reason is for its owner. */
export class UnreadableError extends Error {
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = "UnreadableError";
  }
}
