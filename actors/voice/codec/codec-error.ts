/** A file that can't be heard, or a codec that failed on it. */
export class CodecError extends Error {
  readonly why: "format" | "length" | "silent" | "timeout" | "failed" | "busy";

  constructor(why: CodecError["why"], cause?: unknown) {
    super(`audio: ${why}`, { cause });
    this.name = "CodecError";
    this.why = why;
  }
}
