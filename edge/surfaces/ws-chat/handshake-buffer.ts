import type { Limits } from "../../../schemas/limits.ts";

/** A bounded buffer of frames that arrived before the socket was ready, in order. */
export class HandshakeBuffer {
  readonly #limits: Pick<Limits, "socketQueue" | "jsonBodyBytes">;
  #texts: string[] = [];
  #chars = 0;

  constructor(limits: Pick<Limits, "socketQueue" | "jsonBodyBytes">) {
    this.#limits = limits;
  }

  /** Adds a frame; false when the buffer is full. */
  keep(text: string): boolean {
    const { socketQueue, jsonBodyBytes } = this.#limits;
    const fits = this.#texts.length < socketQueue && this.#chars + text.length <= jsonBodyBytes;
    // A single frame of any size is allowed: the frame limit applies.
    if (!fits && this.#texts.length > 0) return false;
    this.#texts.push(text);
    this.#chars += text.length;
    return true;
  }

  /** Returns all frames, once. */
  take(): string[] {
    const texts = this.#texts;
    this.#texts = [];
    return texts;
  }
}
