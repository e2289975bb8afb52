import type { OnFrame } from "./frame-socket.ts";

const mark = "#";
const markByte = mark.charCodeAt(0);
const digits = 8;

/** `#00000042#`: the number of an event where {@link Deliveries} finds it in a frame. */
export function marked(event: number): string {
  return `${mark}${String(event).padStart(digits, "0")}${mark}`;
}

/** Counts the frames of numbered events, and how long each took from the time at which it should have been sent. */
export class Deliveries {
  /** When each event should have been sent, by its number (`performance.now()`). */
  readonly due: number[] = [];
  /** From then to the arrival at each socket, ms. */
  latencies: number[] = [];
  count = 0;
  /** Length of the last frame, bytes. */
  frameBytes = 0;
  #offset = 0;
  #changed: (() => void) | undefined;

  /** For every socket's frames. */
  readonly onFrame: OnFrame = (bytes, start, length) => {
    if (!this.#isAt(bytes, start + this.#offset)) {
      const found = this.#find(bytes, start, length);
      if (found < 0) return;
      this.#offset = found;
    }
    let event = 0;
    const first = start + this.#offset + 1;
    for (let at = first; at < first + digits; at++) event = event * 10 + (bytes[at] as number) - 48;
    this.latencies.push(performance.now() - (this.due[event] ?? Number.NaN));
    this.count += 1;
    this.frameBytes = length;
    this.#changed?.();
  };

  /** Calls back after each delivery. */
  onDelivery(callback: (() => void) | undefined): void {
    this.#changed = callback;
  }

  #isAt(bytes: Buffer, at: number): boolean {
    return bytes[at] === markByte && bytes[at + digits + 1] === markByte;
  }

  #find(bytes: Buffer, start: number, length: number): number {
    const at = bytes.subarray(start, start + length).indexOf(mark);
    return at >= 0 && this.#isAt(bytes, start + at) ? at : -1;
  }
}
