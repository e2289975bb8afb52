import { ParleyError } from "../../../schemas/errors.ts";
import { createTicket } from "../../../schemas/routes/edge-served.ts";
import { ticketSeconds } from "../../identity/tickets.ts";
import type { Services } from "../../services.ts";

/**
 * Registers `POST /api/v1/auth/ticket`: browsers can't set headers on a WebSocket, and a URL is often logged.
 */
export function addTickets({ router, identity, tickets }: Services): void {
  router.route({
    method: "POST",
    path: createTicket.path,
    authorize: identity.authorizeUser(undefined),
    handler: (exchange, { principal }) => {
      if (principal === null) throw new ParleyError("unauthorized");
      exchange.json(200, { ticket: tickets.issue(principal), expires_in: ticketSeconds });
    },
  });
}
