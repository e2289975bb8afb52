/** How a client connects and behaves. */
export interface ClientOptions {
  name: string;
  user: string;
  token: string;
  /** Ports of the edges; a reconnect takes the next one. */
  ports: () => readonly number[];
  session?: string;
  /** Reconnects automatically, with `resume`. */
  reconnect?: boolean;
  /** Resends messages without an `accepted`: after a reconnect, and after a retryable error. */
  retry?: boolean;
  /** Closes the connection after these numbers of stream frames, counted over all connections. */
  cutAfter?: readonly number[];
}
