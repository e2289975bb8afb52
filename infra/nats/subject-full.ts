import { JetStreamApiError } from "@nats-io/jetstream";

/** JetStream's error for a subject at its message limit. */
const maximumPerSubject = 10077;

/** Whether a stream refused a message because its subject is full. */
export function isSubjectFull(err: unknown): boolean {
  return err instanceof JetStreamApiError && err.code === maximumPerSubject;
}
