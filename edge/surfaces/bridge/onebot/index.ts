import { isSameSecret } from "../../../../infra/same-secret.ts";
import { ParleyError } from "../../../../schemas/errors.ts";
import { botConnected } from "../../../../schemas/messages/bridge.ts";
import { onebotRoleSchema, onebotSelfSchema } from "../../../../schemas/wire/onebot.ts";
import type { RequestHead } from "../../../http/request-head.ts";
import type { Services } from "../../../services.ts";
import type { Inbound } from "../inbound.ts";
import { OnebotBot } from "./onebot-bot.ts";
import { OnebotSocket } from "./onebot-socket.ts";

/** Registers QQ: OneBot v11 clients connect by reverse WebSocket. Returns its close function. */
export function addOnebot(services: Services, inbound: Inbound): () => Promise<void> {
  const bots = new Map<string, OnebotBot>();
  const sockets = new Set<OnebotSocket>();
  const { settings, link } = services;
  const handlers = {
    open: (socket: OnebotSocket, ws: Parameters<OnebotSocket["opened"]>[0]) => {
      socket.opened(ws);
      sockets.add(socket);
      const { self, role, id } = socket;
      const bot = bots.get(self) ?? new OnebotBot(services, inbound, self);
      bots.set(self, bot);
      bot.add(socket);
      link.bus.signal(botConnected, { socket: id, self, role });
    },
    message: (socket: OnebotSocket, text: string | undefined) => bots.get(socket.self)?.take(socket, text),
    close: (socket: OnebotSocket) => {
      socket.closed();
      sockets.delete(socket);
      bots.get(socket.self)?.remove(socket);
    },
  };
  link.bus.listen(botConnected, (here) => {
    for (const socket of [...sockets])
      if (socket.self === here.self && socket.role === here.role && socket.id !== here.socket)
        socket.end("going_away");
  });
  for (const path of ["/onebot/v11/ws", "/onebot/v11/ws/"]) {
    const options = { limits: settings.limits, frameBytes: settings.limits.bridgeFrameBytes };
    services.router.upgrade(path, options, (head) => prepare(head, services), handlers);
  }
  return async () => {
    await Promise.all([...bots.values()].map((bot) => bot.stop()));
    for (const socket of [...sockets]) socket.end("going_away");
  };
}

function prepare(head: RequestHead, { settings }: Services): OnebotSocket {
  const given = /^(?:Bearer|Token) +(\S+) *$/i.exec(head.headers.get("authorization") ?? "")?.[1];
  const token = given ?? head.query.get("access_token") ?? undefined;
  if (token === undefined) throw new ParleyError("unauthorized");
  const expected = settings.onebotAccessToken;
  if (expected === undefined || !isSameSecret(token, expected))
    throw new ParleyError("forbidden", { error: "access_token 无效", hint: "检查 ONEBOT_ACCESS_TOKEN" });
  const self = onebotSelfSchema.safeParse(head.headers.get("x-self-id"));
  const role = onebotRoleSchema.safeParse(head.headers.get("x-client-role"));
  if (!self.success) throw new ParleyError("invalid_request", { error: "请求参数错误: X-Self-ID" });
  if (!role.success) throw new ParleyError("invalid_request", { error: "请求参数错误: X-Client-Role" });
  return new OnebotSocket(self.data, role.data, settings.limits.bridgeCallMs);
}
