/** How a client connects and behaves. */
export interface ClientOptions {
  name: string;
  user: string;
  token: string;
  /** Ports of the edges; a reconnect takes the next one. */
  ports: () => readonly number[];
  session?: string;
  /** Comes back by itself, with `resume`, when the connection is lost. */
  reconnect?: boolean;
  /** Sends what was not accepted again: after a reconnect, and when the answer was a passing error. */
  retry?: boolean;
  /** Cuts the connection right after these numbers of frames of the stream, counted over all connections. */
  cutAfter?: readonly number[];
}
