import { randomUUID } from "node:crypto";
import { JetStreamApiError, type JetStreamClient, type JetStreamManager } from "@nats-io/jetstream";
import { storedMessage } from "./stored-message.ts";

const wrongLastSequence = 10071;

/**
 * Names the content of a stream: a message on `subject` that is lost with what the stream holds. The stream's creation
 * time is the cluster's and outlives a server's disk.
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
      // Another process was faster: its word counts.
      if (!(err instanceof JetStreamApiError && err.code === wrongLastSequence)) throw err;
    }
  }
}
