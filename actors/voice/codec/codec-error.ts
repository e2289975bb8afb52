/** An undecodable file, or a codec failure. */
export class CodecError extends Error {
  readonly why: "format" | "length" | "silent" | "timeout" | "failed" | "busy";

  constructor(why: CodecError["why"], cause?: unknown) {
    super(`audio: ${why}`, { cause });
    this.name = "CodecError";
    this.why = why;
  }
}
