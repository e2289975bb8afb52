import type { Limits } from "../../../schemas/limits.ts";

/** Frames of a client that came before its socket was ready, kept in order and bounded. */
export class HandshakeBuffer {
  readonly #limits: Pick<Limits, "socketQueue" | "jsonBodyBytes">;
  #texts: string[] = [];
  #chars = 0;

  constructor(limits: Pick<Limits, "socketQueue" | "jsonBodyBytes">) {
    this.#limits = limits;
  }

  /** Keeps a frame; false when there are too many. */
  keep(text: string): boolean {
    const { socketQueue, jsonBodyBytes } = this.#limits;
    const fits = this.#texts.length < socketQueue && this.#chars + text.length <= jsonBodyBytes;
    // One frame of whatever size is within the bound of a frame.
    if (!fits && this.#texts.length > 0) return false;
    this.#texts.push(text);
    this.#chars += text.length;
    return true;
  }

  /** All of them, once. */
  take(): string[] {
    const texts = this.#texts;
    this.#texts = [];
    return texts;
  }
}
