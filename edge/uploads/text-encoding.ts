import { TextDecoder } from "node:util";
import type { TextEncoding } from "../../schemas/wire/file-part.ts";

/** Finds out, piece by piece, whether bytes are text: UTF-16 by its mark, else UTF-8 or GB18030 without a zero. */
export class TextProbe {
  #decoders: Map<TextEncoding, TextDecoder> | undefined;
  #wide = false;

  /** Takes the next piece. */
  add(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#decoders ??= this.#begin(part);
    if (!this.#wide && part.includes(0)) this.#decoders.clear();
    for (const [name, decoder] of this.#decoders)
      if (!decodes(decoder, part, true)) this.#decoders.delete(name);
  }

  /** How the text is written, undefined where it is none; empty is UTF-8. */
  end(): TextEncoding | undefined {
    if (this.#decoders === undefined) return "utf-8";
    for (const [name, decoder] of this.#decoders) if (decodes(decoder, new Uint8Array(0), false)) return name;
    return undefined;
  }

  #begin(first: Uint8Array): Map<TextEncoding, TextDecoder> {
    const mark = Buffer.from(first.subarray(0, 2)).toString("hex");
    const wide = mark === "fffe" ? "utf-16le" : mark === "feff" ? "utf-16be" : undefined;
    this.#wide = wide !== undefined;
    const names: TextEncoding[] = wide === undefined ? ["utf-8", "gb18030"] : [wide];
    return new Map(names.map((name) => [name, new TextDecoder(name, { fatal: true })]));
  }
}

function decodes(decoder: TextDecoder, part: Uint8Array, stream: boolean): boolean {
  try {
    decoder.decode(part, { stream });
    return true;
  } catch {
    return false;
  }
}
