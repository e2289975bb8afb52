import { ParleyError } from "../../../schemas/errors.ts";
import { idSchema } from "../../../schemas/ids.ts";
import { directFrame } from "../../../schemas/messages/out.ts";
import {
  type MessageState,
  newSessionInput,
  type SessionInput,
} from "../../../schemas/messages/session-input.ts";
import { type CyberRequest, cyberRequestSchema } from "../../../schemas/wire/client-frame.ts";
import type { DirectFrame } from "../../../schemas/wire/direct-frame.ts";
import { toParleyError } from "../../http/error-shape.ts";
import type { RequestHead } from "../../http/request-head.ts";
import type { Services } from "../../services.ts";
import { parseFrame } from "../ws-chat/frame-text.ts";
import { CyberReaders } from "./cyber-readers.ts";
import { CyberSocket } from "./cyber-socket.ts";

/** Registers the Cyber Engine WebSocket, `/{authorization}`. */
export function addCyber(services: Services): void {
  const { router, settings, inbox, metrics, sockets } = services;
  const gauge = metrics.sockets.labels({ surface: "cyber" });
  const ask = (socket: CyberSocket, clientMsgId: string) => void askState(services, socket, clientMsgId);
  const readers = new CyberReaders(services, (socket, text) => take(services, socket, text));

  router.upgrade(
    "/:authorization",
    { limits: settings.limits, frameBytes: settings.limits.cyberFrameBytes },
    (head) => prepare(head, services, ask),
    {
      open: (socket, ws) => {
        socket.opened(ws);
        gauge.inc();
        sockets.add(socket);
        inbox.add(socket.id, directFrame, { message: (frame) => direct(services, socket, frame) });
      },
      message: (socket, text) => {
        // A binary frame is refused without joining the stream.
        if (text === undefined) take(services, socket, text);
        else if (!readers.pass(socket, text)) refuse(socket, new ParleyError("rate_limited"));
      },
      close: (socket) => {
        readers.remove(socket);
        socket.closed();
        gauge.dec();
        sockets.delete(socket);
        inbox.remove(socket.id);
      },
    },
  );
}

async function prepare(
  head: RequestHead,
  { identity, settings, link }: Services,
  ask: (socket: CyberSocket, clientMsgId: string) => void,
): Promise<CyberSocket> {
  const { limits } = settings;
  const principal = await identity.identify(head.params[0], { ip: head.ip, scope: "chat", stream: true });
  if (!link.up) throw new ParleyError("storage_unavailable");
  const socket = new CyberSocket(principal, limits, ask);
  if (!idSchema.safeParse(socket.session).success) throw new ParleyError("invalid_token");
  return socket;
}

function take(services: Services, socket: CyberSocket, text: string | undefined): void {
  const { limits } = services.settings;
  let request: CyberRequest;
  try {
    request = parseFrame(text, cyberRequestSchema);
  } catch (err) {
    refuse(socket, toParleyError(err));
    socket.bad += 1;
    if (socket.bad > limits.socketBadFrames) socket.end("too_many_errors");
    return;
  }
  socket.bad = 0;
  services.metrics.framesIn.inc({ type: "cyber" });
  if (socket.pending >= limits.sessionQueue) {
    refuse(socket, new ParleyError("session_queue_full"));
    return;
  }
  const input = inputOf(services, socket, request);
  socket.expect(input.reply_id, input.client_msg_id, request.model ?? "");
  void submit(services, socket, input);
}

async function submit(services: Services, socket: CyberSocket, input: SessionInput): Promise<void> {
  const { client_msg_id } = input;
  const result = await services.submit.message(input, ({ state }) => learned(socket, client_msg_id, state));
  if (result.kind === "duplicate") socket.found(client_msg_id, result.state);
  if (result.kind === "refused") socket.fail(client_msg_id, result.error.errorType, result.error.message);
}

function inputOf({ edge }: Services, socket: CyberSocket, request: CyberRequest): SessionInput {
  return newSessionInput({
    user: socket.principal.user_id,
    session: socket.session,
    client_msg_id: request.client_msg_id,
    content: request.content,
    model: request.model,
    origin: { edge, socket: socket.id },
    surface: "cyber",
  });
}

/** An actor's answer to this socket: a repeated message, or a refusal. */
function direct(services: Services, socket: CyberSocket, frame: DirectFrame): void {
  if (!("client_msg_id" in frame) || frame.client_msg_id === undefined) return;
  services.submit.confirmed(socket.principal.user_id, socket.session, frame.client_msg_id);
  if (frame.type === "error") socket.fail(frame.client_msg_id, frame.errorType, frame.error);
  else void askState(services, socket, frame.client_msg_id);
}

/** Queries the state of a message whose frames are late or may be lost. */
async function askState(services: Services, socket: CyberSocket, clientMsgId: string): Promise<void> {
  const { principal, session } = socket;
  learned(socket, clientMsgId, await services.owner.state(principal.user_id, session, clientMsgId));
}

function learned(socket: CyberSocket, clientMsgId: string, state: MessageState | undefined): void {
  if (state !== undefined && state.status !== "unknown") {
    socket.found(clientMsgId, state);
    return;
  }
  const { errorType, message } = new ParleyError("service_unavailable");
  socket.fail(clientMsgId, errorType, message);
}

function refuse(socket: CyberSocket, { errorType, status, message }: ParleyError): void {
  socket.refuse(errorType, status, message);
}
