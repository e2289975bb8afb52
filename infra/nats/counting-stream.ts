import type { JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import type { Logger } from "../log.ts";
import { streamPolicy } from "./stream-policy.ts";
import { adjustStream, ensureStream, findStream, type WantedStream } from "./streams.ts";

/** What a counting stream is made with. */
export interface CountingContext {
  jsm: JetStreamManager;
  log: Logger;
}

/** How a stream whose sequences are remembered elsewhere goes on after its content is gone. */
export interface Counting {
  /** The highest sequence that is remembered: what is stored from now on gets a higher one. */
  floor: number;
  /** First sequence of a stream that is made or has lost its content; `floor` + 1 by default. */
  next?: number;
  /** Takes what was stored under used sequences out of the stream before they are skipped; without it, it is dropped. */
  rescue?: (stream: StreamInfo) => Promise<void>;
}

/**
 * Makes a stream, or brings it to `wanted`, so that its next sequence is above `floor`. A server that lost its disk keeps
 * the stream's name and begins again at the first sequence: the stream is there, and what it held is not.
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
      "stream deleted and made again: its storage can't be changed",
    );
    await jsm.streams.delete(wanted.name);
    return ensureCountingStream({ jsm, log }, wanted, { floor, next });
  }
  if (found.state.last_seq < floor) {
    log.warn(
      { stream: wanted.name, last_seq: found.state.last_seq, floor, messages: found.state.messages },
      "stream has lost its content: it goes on above the sequences that were used",
    );
    if (rescue === undefined) await jsm.streams.purge(wanted.name, { seq: next });
    else await rescue(found);
  }
  return adjustStream(jsm, found, wanted);
}

/** The server changes neither the storage nor, with more replicas, the persistence of a stream. */
function mustBeMadeAgain({ config }: StreamInfo, wanted: WantedStream): boolean {
  const asynchronous = config.persist_mode === "async";
  return config.storage !== wanted.storage || (asynchronous && streamPolicy().replicas > 1);
}
