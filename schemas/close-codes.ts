/** WebSocket close codes that Parley sends; `reconnect` tells a client whether to come back by itself. */
export const closeCodes = {
  going_away: { code: 1012, reconnect: true },
  unauthorized: { code: 4401, reconnect: false },
  slow_consumer: { code: 4008, reconnect: true },
  too_many_errors: { code: 4400, reconnect: false },
} as const satisfies Record<string, { code: number; reconnect: boolean }>;

/** A key of {@link closeCodes}; it is also the close reason on the wire. */
export type CloseReason = keyof typeof closeCodes;
