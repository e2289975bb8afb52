import type { JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import type { Logger } from "../log.ts";
import { streamPolicy } from "./stream-policy.ts";
import { adjustStream, ensureStream, findStream, type WantedStream } from "./streams.ts";

/** Dependencies. */
export interface CountingContext {
  jsm: JetStreamManager;
  log: Logger;
}

/** How a stream whose sequences are stored elsewhere continues after losing its content. */
export interface Counting {
  /** The highest stored sequence: new messages get a higher one. */
  floor: number;
  /** First sequence of a stream that is new or has lost its content; `floor` + 1 by default. */
  next?: number;
  /**
   * Moves messages under used sequences out of the stream before they are skipped; without it, they are
   * dropped.
   */
  rescue?: (stream: StreamInfo) => Promise<void>;
}

/**
 * Creates a stream, or updates it to `wanted`, so that its next sequence is above `floor`. A server that lost
 * its disk keeps the stream's name but restarts at the first sequence, without the content.
 * @throws as {@link ensureStream}
 */
export async function ensureCountingStream(
  { jsm, log }: CountingContext,
  wanted: WantedStream,
  { floor, next = floor + 1, rescue }: Counting,
): Promise<StreamInfo> {
  const found = await findStream(jsm, wanted.name);
  if (found === undefined) return ensureStream(jsm, { ...wanted, first_seq: next });
  if (mustBeMadeAgain(found, wanted)) {
    log.warn(
      { stream: wanted.name, messages: found.state.messages },
      "stream recreated, its storage type can't be changed",
    );
    await jsm.streams.delete(wanted.name);
    return ensureCountingStream({ jsm, log }, wanted, { floor, next });
  }
  if (found.state.last_seq < floor) {
    log.warn(
      { stream: wanted.name, last_seq: found.state.last_seq, floor, messages: found.state.messages },
      "stream content lost, sequences continue above the used ones",
    );
    if (rescue === undefined) await jsm.streams.purge(wanted.name, { seq: next });
    else await rescue(found);
  }
  return adjustStream(jsm, found, wanted);
}

/** The server can't change the storage of a stream nor, with several replicas, its persistence. */
function mustBeMadeAgain({ config }: StreamInfo, wanted: WantedStream): boolean {
  const asynchronous = config.persist_mode === "async";
  return config.storage !== wanted.storage || (asynchronous && streamPolicy().replicas > 1);
}
