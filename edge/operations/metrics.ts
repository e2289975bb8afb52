import type { Metrics } from "../../infra/metrics.ts";

/** Counters of one edge. */
export type EdgeMetrics = ReturnType<typeof createEdgeMetrics>;

/** Registers the edge's metrics. */
export function createEdgeMetrics(metrics: Metrics) {
  return {
    sockets: metrics.gauge("parley_ws_connections", "Open WebSockets", ["surface"]),
    streams: metrics.gauge("parley_user_streams", "Users whose frames this edge reads"),
    requests: metrics.counter("parley_http_requests_total", "Answered requests", [
      "route",
      "method",
      "status",
    ]),
    messages: metrics.counter("parley_messages_total", "User messages by outcome", ["surface", "outcome"]),
    framesIn: metrics.counter("parley_frames_in_total", "Frames of WebSocket clients", ["type"]),
    framesOut: metrics.counter("parley_frames_out_total", "Deliveries of frames to sockets"),
    fenced: metrics.counter("parley_frames_fenced_total", "Frames of superseded runs that were dropped"),
    gaps: metrics.counter("parley_gaps_total", "Gaps in a user's frames by outcome", ["outcome"]),
    resumes: metrics.counter("parley_resumes_total", "Resumed sockets by outcome", ["recovered"]),
    slow: metrics.counter("parley_slow_consumers_total", "Sockets closed because they did not read"),
  };
}
