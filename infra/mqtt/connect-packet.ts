/** Largest CONNECT packet; a last will may be as large as a message. */
const longestPacket = 1024 * 1024 + 64 * 1024;
const connectType = 1;
const userNameFlag = 0x80;
/** Protocol level of MQTT 3.1.1, the only one that nats-server speaks. */
const level311 = 4;

/** Result of parsing the first bytes of a connection. */
export type FirstPacket =
  /** More bytes are needed. */
  | { kind: "partial" }
  /** Not a CONNECT, or too large. */
  | { kind: "invalid" }
  /** A CONNECT of `bytes`, as it is forwarded. */
  | { kind: "connect"; bytes: number; packet: Buffer; user: string };

/**
 * Parses the CONNECT of a connection and prefixes its client id with the user name, which scopes ids to a
 * user. Without a user name or client id, or with another protocol level, it is forwarded unchanged for the
 * server to judge. Source: MQTT 3.1.1, sections 2.2 and 3.1.
 */
export function readConnect(received: Buffer): FirstPacket {
  const header = readHeader(received);
  if (header === null) return { kind: "partial" };
  if (header === "invalid" || received.readUInt8(0) >> 4 !== connectType) return { kind: "invalid" };
  const { start, length } = header;
  if (length > longestPacket) return { kind: "invalid" };
  if (received.length < start + length) return { kind: "partial" };
  const body = received.subarray(start, start + length);
  const renamed = rename(body);
  const packet =
    renamed === null ? received.subarray(0, start + length) : withHeader(received.readUInt8(0), renamed.body);
  return { kind: "connect", bytes: start + length, packet, user: renamed?.user ?? "" };
}

/** Offset and length of a packet's body; null while incomplete. */
function readHeader(received: Buffer): { start: number; length: number } | "invalid" | null {
  let length = 0;
  for (let index = 1; index <= 4; index++) {
    const byte = received[index];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 128 ** (index - 1);
    if ((byte & 0x80) === 0) return { start: index + 1, length };
  }
  return "invalid";
}

/** The body with the renamed client id, and its user; null when unchanged. */
function rename(body: Buffer): { body: Buffer; user: string } | null {
  const protocol = field(body, 0);
  if (protocol === null) return null;
  const [level, flags = 0] = [body[protocol.end], body[protocol.end + 1]];
  const idAt = protocol.end + 4;
  const id = field(body, idAt);
  if (level !== level311 || (flags & userNameFlag) === 0 || id === null || id.value.length === 0) return null;
  let at = id.end;
  // A last will has a topic and a message.
  if ((flags & 0x04) !== 0) at = field(body, field(body, at)?.end ?? body.length)?.end ?? body.length;
  const user = field(body, at);
  if (user === null) return null;
  const own = Buffer.concat([user.value, Buffer.from("/"), id.value]);
  if (own.length > 0xffff) return null;
  const size = Buffer.alloc(2);
  size.writeUInt16BE(own.length);
  const renamed = Buffer.concat([body.subarray(0, idAt), size, own, body.subarray(id.end)]);
  return { body: renamed, user: user.value.toString("utf8") };
}

/** A length-prefixed field; null when the packet is too short. */
function field(body: Buffer, at: number): { value: Buffer; end: number } | null {
  if (at + 2 > body.length) return null;
  const end = at + 2 + body.readUInt16BE(at);
  return end > body.length ? null : { value: body.subarray(at + 2, end), end };
}

function withHeader(type: number, body: Buffer): Buffer {
  const header = [type];
  for (let left = body.length; ; left = Math.floor(left / 128)) {
    const more = left >= 128;
    header.push((left % 128) + (more ? 0x80 : 0));
    if (!more) return Buffer.concat([Buffer.from(header), body]);
  }
}
