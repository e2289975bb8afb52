const publishType = 3;

/** A PUBLISH of a client: its topic, and the size of the whole packet. */
export interface Published {
  topic: string;
  bytes: number;
}

/**
 * Extracts the topics of PUBLISH packets from a byte stream; payloads are skipped. Source: MQTT 3.1.1,
 * sections 2.2 and 3.3.
 */
export class PublishScanner {
  /** Remaining bytes to skip in the current packet. */
  #skip = 0;
  /** Beginning of a packet whose topic is incomplete. */
  #head: Buffer = Buffer.alloc(0);

  /** Processes the next bytes and returns the publishes in them. */
  scan(bytes: Buffer): Published[] {
    const found: Published[] = [];
    let rest = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
    this.#head = Buffer.alloc(0);
    while (rest.length > 0) {
      const skipped = Math.min(this.#skip, rest.length);
      this.#skip -= skipped;
      rest = rest.subarray(skipped);
      if (rest.length === 0) break;
      const packet = readPacket(rest);
      if (packet === null) {
        this.#head = Buffer.from(rest);
        break;
      }
      if (packet.topic !== undefined) found.push({ topic: packet.topic, bytes: packet.bytes });
      this.#skip = packet.bytes;
    }
    return found;
  }
}

/** Size and topic of the first packet; null when incomplete. */
function readPacket(bytes: Buffer): { bytes: number; topic?: string } | null {
  let length = 0;
  let at = 1;
  for (let more = true; more; at++) {
    const byte = bytes[at];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 128 ** (at - 1);
    more = (byte & 0x80) !== 0 && at < 4;
  }
  const whole = at + length;
  if ((bytes[0] ?? 0) >> 4 !== publishType || length < 2) return { bytes: whole };
  if (bytes.length < at + 2) return null;
  const end = at + 2 + bytes.readUInt16BE(at);
  if (bytes.length < end) return null;
  return { bytes: whole, topic: bytes.toString("utf8", at + 2, end) };
}
