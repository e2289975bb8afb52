import { DiscardPolicy, RetentionPolicy, StorageType } from "@nats-io/jetstream";
import { nanos } from "nats";
import { filterOf } from "../../schemas/messages/define.ts";
import {
  type RejectedMessage,
  rejected,
  rejectedMessageSchema,
  rejectedPayloadBytes,
} from "../../schemas/messages/rejected.ts";
import { ensureStream, type WantedStream } from "../nats/streams.ts";
import type { BusContext } from "./bus.ts";
import { encodeWithin } from "./fit.ts";
import { parsePayload } from "./payload.ts";

const day = 24 * 3_600_000;
const reasonChars = 1_000;
const readMs = 5_000;

/** REJECTED: messages that could not be handled, for 30 days; the oldest are dropped first at the limit. */
export function rejectedStreamConfig(): WantedStream {
  return {
    name: rejected.stream,
    subjects: [filterOf(rejected)],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: nanos(30 * day),
    max_bytes: 64 * 1024 * 1024,
    max_msgs: 20_000,
    duplicate_window: nanos(120_000),
    allow_direct: true,
  };
}

/** Origin of a rejected message. */
export interface Origin {
  subject: string;
  stream: string;
  seq: number;
  /** When it was stored, Unix ms. */
  at: number;
  data: Uint8Array;
  consumer?: string;
  /** Number of attempts. */
  tries?: number;
}

/** See {@link Bus.reject}. @throws errors of {@link StreamPublisher.publish} */
export async function reject(
  { publisher, jsm, messages, log }: BusContext,
  { name }: { name: string },
  { data, at, tries = 0, ...where }: Origin,
  reason: unknown,
): Promise<void> {
  const { subject, stream, seq, consumer } = where;
  const message: RejectedMessage = {
    name,
    reason: (reason instanceof Error ? reason.message : String(reason)).slice(0, reasonChars),
    subject,
    stream,
    seq,
    ...(consumer !== undefined && { consumer }),
    tries,
    published_at: new Date(at).toISOString(),
    rejected_at: new Date().toISOString(),
    bytes: data.length,
    payload: payloadText(data),
  };
  const id = rejected.id?.(message);
  const target = rejected.subject.replace("{stream}", stream);
  const store = () => publisher.publish(target, JSON.stringify(message), { id });
  try {
    await store();
  } catch {
    // The stream is created on demand.
    await ensureStream(jsm, rejectedStreamConfig());
    await store();
  }
  messages.count("rejected", name);
  log.error({ err: reason, message: name, subject, stream, seq, consumer, tries }, "message rejected");
}

/** The beginning of a payload, limited by its length as JSON, where a control character takes six bytes. */
function payloadText(data: Uint8Array): string {
  const text = Buffer.from(data.subarray(0, rejectedPayloadBytes)).toString();
  return JSON.parse(encodeWithin(text, rejectedPayloadBytes).text) as string;
}

/** A rejected message and its sequence in REJECTED. */
export type RejectedEntry = RejectedMessage & { id: number };

/** The newest rejected messages before sequence `before`, newest first. */
export async function readRejected(
  { jsm }: Pick<BusContext, "jsm">,
  limit: number,
  before = Number.MAX_SAFE_INTEGER,
): Promise<{ total: number; entries: RejectedEntry[] }> {
  const { state } = await ensureStream(jsm, rejectedStreamConfig());
  const last = Math.min(state.last_seq, before - 1);
  const first = Math.max(state.first_seq, last - limit + 1);
  if (state.messages === 0 || last < first) return { total: state.messages, entries: [] };
  const entries: RejectedEntry[] = [];
  const batch = await jsm.direct.getBatch(rejected.stream, {
    seq: first,
    batch: last - first + 1,
    expires: readMs,
  } as Parameters<typeof jsm.direct.getBatch>[1]);
  for await (const { seq, data } of batch) {
    const payload = parsePayload(rejectedMessageSchema, data);
    if (payload.ok) entries.push({ id: seq, ...payload.message });
  }
  return { total: state.messages, entries: entries.reverse() };
}
