import { z } from "zod";
import { ParleyError } from "../../../schemas/errors.ts";
import { mcpRequest } from "../../../schemas/messages/mcp.ts";
import type { Principal } from "../../../schemas/principal.ts";
import { withMessageRate } from "../../admission/message-rate.ts";
import type { Exchange } from "../../http/exchange.ts";
import type { Services } from "../../services.ts";

const maxBatch = 32;
const messageSchema = z.looseObject({
  jsonrpc: z.literal("2.0"),
  method: z.string().max(128).optional(),
  id: z.union([z.string().max(256), z.number()]).optional(),
});
type Message = z.infer<typeof messageSchema>;
const bodySchema = z.union([messageSchema, z.array(messageSchema).min(1).max(maxBatch)]);

/**
 * Registers `POST /mcp`: the Model Context Protocol over streamable HTTP, without sessions and
 * server-initiated streams, so each response is one JSON body (specification 2025-11-25, "Transports").
 */
export function addMcp(services: Services): void {
  const { router, identity, settings } = services;
  router.route({
    method: "POST",
    path: "/mcp",
    authorize: withMessageRate(services, identity.authorizeUser(undefined)),
    body: "json",
    maxBytes: settings.limits.jsonBodyBytes,
    handler: async (exchange, { principal }, body) => {
      if (principal === null) throw new ParleyError("unauthorized");
      checkVersion(exchange);
      const message = bodySchema.parse(body);
      const requests = [message].flat().filter(isRequest);
      // Notifications and responses need no answer.
      if (requests.length === 0) return exchange.empty(202, {});
      const answers = await Promise.all(requests.map((request) => ask(services, principal, request)));
      exchange.json(200, Array.isArray(message) ? answers : answers[0]);
    },
  });
}

async function ask({ link }: Services, principal: Principal, message: Message) {
  return (await link.bus.ask(mcpRequest, { principal, message })).message;
}

function isRequest({ method, id }: Message): boolean {
  return method !== undefined && id !== undefined;
}

/** @throws ParleyError `invalid_request` for an invalid protocol version */
function checkVersion({ head }: Exchange): void {
  const version = head.headers.get("mcp-protocol-version");
  if (version !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(version))
    throw new ParleyError("invalid_request", { error: "请求参数错误: MCP-Protocol-Version 无效" });
}
