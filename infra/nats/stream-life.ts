import { randomUUID } from "node:crypto";
import { JetStreamApiError, type JetStreamClient, type JetStreamManager } from "@nats-io/jetstream";
import { storedMessage } from "./stored-message.ts";

const wrongLastSequence = 10071;

/**
 * Identifies a stream's content: a message on `subject` that is lost together with the content. The stream's
 * creation time is cluster metadata and survives a server's disk.
 */
export async function streamLife(
  jsm: JetStreamManager,
  js: JetStreamClient,
  stream: string,
  subject: string,
): Promise<string> {
  for (;;) {
    const marker = await storedMessage(jsm, stream, { last_by_subj: subject });
    if (marker !== null) return marker.string();
    const life = randomUUID();
    try {
      await js.publish(subject, life, { expect: { lastSubjectSequence: 0 } });
      return life;
    } catch (err) {
      // Another process wrote first: use its value.
      if (!(err instanceof JetStreamApiError && err.code === wrongLastSequence)) throw err;
    }
  }
}
