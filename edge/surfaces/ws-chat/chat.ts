import { z } from "zod";
import { ParleyError } from "../../../schemas/errors.ts";
import { parseForeignJson } from "../../../schemas/foreign-json.ts";
import { newId } from "../../../schemas/ids.ts";
import { directFrame } from "../../../schemas/messages/out.ts";
import { chatUpgradeQuerySchema } from "../../../schemas/wire/client-frame.ts";
import type { DirectFrame } from "../../../schemas/wire/direct-frame.ts";
import type { RequestHead } from "../../http/request-head.ts";
import { tokenOf } from "../../identity/identity.ts";
import { parsePosition } from "../../live/frame.ts";
import type { Services } from "../../services.ts";
import { ChatFrames } from "./chat-frames.ts";
import { ChatSocket } from "./chat-socket.ts";

/** Registers `/ws/chat`. */
export function addChat(services: Services): void {
  const { router, settings, hub, inbox, metrics, log, sockets, presence } = services;
  const frames = new ChatFrames(services);
  const gauge = metrics.sockets.labels({ surface: "chat" });

  const begin = async (socket: ChatSocket) => {
    await hub.attach(socket.user, socket, socket.resume);
    presence.joined(socket);
    const early = socket.early;
    socket.early = undefined;
    for (const text of early?.take() ?? []) frames.take(socket, text);
  };

  router.upgrade(
    "/ws/chat",
    { limits: settings.limits, frameBytes: settings.limits.chatFrameBytes },
    (head) => prepare(head, services),
    {
      open: (socket, ws) => {
        socket.opened(ws);
        gauge.inc();
        sockets.add(socket);
        inbox.add(socket.id, directFrame, {
          message: (frame, text) => direct(services, socket, frame, text),
        });
        begin(socket).catch((err: unknown) => {
          if (err instanceof ParleyError) return unavailable(socket, err);
          log.error({ err, user: socket.user, socket: socket.id }, "chat socket attach failed");
          socket.goAway();
        });
      },
      message: (socket, text) => {
        if (socket.early === undefined || text === undefined) frames.take(socket, text);
        else if (!socket.early.keep(text)) socket.refuse(new ParleyError("rate_limited"));
      },
      close: (socket) => {
        socket.closed();
        gauge.dec();
        sockets.delete(socket);
        inbox.remove(socket.id);
        presence.left(socket);
        hub.detach(socket.user, socket);
      },
    },
  );
}

async function prepare(head: RequestHead, { identity, hub, settings, link }: Services): Promise<ChatSocket> {
  const principal = await identity.identify(tokenOf(head), { ip: head.ip, scope: "chat", stream: true });
  if (settings.chatUsers === "admin" && !principal.is_admin) throw new ParleyError("admin_only");
  const query = chatUpgradeQuerySchema.parse(Object.fromEntries(head.query));
  if (!link.up || hub.away) throw new ParleyError("storage_unavailable");
  const clientInfo = {
    ...(query.client_id !== undefined && { client_id: query.client_id }),
    ...(query.device_name !== undefined && { device_name: query.device_name }),
    ...(head.headers.has("user-agent") && { user_agent: head.headers.get("user-agent")?.slice(0, 512) }),
  };
  const session = query.session_id ?? newId("session_");
  return new ChatSocket(principal, session, clientInfo, parsePosition(query.resume), settings.limits);
}

/**
 * The stream OUT does not answer: each pending message is answered with an error, and the client reconnects.
 */
function unavailable(socket: ChatSocket, error: ParleyError): void {
  const sent = socket.early?.take() ?? [];
  socket.early = undefined;
  for (const text of sent) socket.refuse(error, idsOf(text));
  if (sent.length === 0) socket.refuse(error);
  socket.goAway();
}

function idsOf(text: string): { session_id?: string; client_msg_id?: string } {
  const ids = z.object({ session_id: z.string().optional(), client_msg_id: z.string().optional() });
  try {
    const { session_id, client_msg_id } = ids.parse(parseForeignJson(text));
    return {
      ...(session_id !== undefined && { session_id }),
      ...(client_msg_id !== undefined && { client_msg_id }),
    };
  } catch {
    return {};
  }
}

/** An actor's answer to this socket: the state of a repeated message, or a refusal. */
function direct({ submit }: Services, socket: ChatSocket, frame: DirectFrame, text: string): void {
  if ("client_msg_id" in frame && frame.client_msg_id !== undefined && frame.session_id !== undefined)
    submit.confirmed(socket.user, frame.session_id, frame.client_msg_id);
  socket.send(text);
}
