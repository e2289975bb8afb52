import type { Logger } from "../log.ts";

/** Settings of every stream, bucket and object store of this installation. */
export interface StreamPolicy {
  /** Replicas (`NATS_REPLICAS`). */
  replicas: number;
  /** Version of the data that this program writes; see `infra/installation`. */
  dataVersion: number;
  /** Logs warnings about kept limits. */
  log?: Logger;
}

let current: StreamPolicy = { replicas: 1, dataVersion: 0 };

/** Sets the policy of this process, once, before it creates or opens a stream. */
export function setStreamPolicy(policy: StreamPolicy): void {
  current = policy;
}

/** The policy of this process. */
export function streamPolicy(): StreamPolicy {
  return current;
}
