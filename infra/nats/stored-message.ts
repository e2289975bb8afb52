import {
  JetStreamApiError,
  type JetStreamManager,
  type MsgRequest,
  type StoredMsg,
} from "@nats-io/jetstream";

const noMessageFound = 10037;

/**
 * A message of a stream, read from its leader; null when missing.
 * @throws JetStreamApiError for any other error
 */
export async function storedMessage(
  jsm: JetStreamManager,
  stream: string,
  query: MsgRequest | { seq: number; next_by_subj: string },
): Promise<StoredMsg | null> {
  try {
    return await jsm.streams.getMessage(stream, query as MsgRequest);
  } catch (err) {
    if (err instanceof JetStreamApiError && err.code === noMessageFound) return null;
    throw err;
  }
}
