import { ParleyError } from "../../../schemas/errors.ts";
import type { Principal } from "../../../schemas/principal.ts";
import { userEvents } from "../../../schemas/routes/edge-served.ts";
import { EventStream } from "../../http/event-stream.ts";
import type { Exchange } from "../../http/exchange.ts";
import { type Position, parsePosition } from "../../live/frame.ts";
import type { Services } from "../../services.ts";
import { EventFeed } from "./event-feed.ts";

/** Registers `GET /api/v1/events`: every frame of the user's stream, for clients without a chat socket. */
export function addEvents(services: Services): void {
  const open = new Set<EventFeed>();
  services.router.route({
    method: "GET",
    path: userEvents.path,
    authorize: services.identity.authorizeUser("chat", { stream: true }),
    handler: async (exchange, { principal }) => {
      if (principal === null) throw new ParleyError("unauthorized");
      if (exchange.head.method === "HEAD") throw new ParleyError("method_not_allowed");
      await serve(services, exchange, principal, open);
    },
  });
  services.lifecycle.onStop("event streams", () => {
    for (const feed of [...open]) feed.end();
  });
}

async function serve(
  { admission, hub, settings, presence, revocations, link }: Services,
  exchange: Exchange,
  principal: Principal,
  open: Set<EventFeed>,
): Promise<void> {
  const { user_id: user } = principal;
  const resume = resumeOf(exchange);
  if (!link.up) throw new ParleyError("storage_unavailable");
  exchange.onOver(admission.takeStream(user));
  const feed = new EventFeed(
    user,
    () => new EventStream(exchange, settings.limits),
    () => hub.position(user),
  );
  open.add(feed);
  exchange.onOver(() => {
    feed.gone = true;
    open.delete(feed);
    presence.left(feed);
  });
  const leave = await hub.read(user, feed, resume);
  exchange.onOver(leave);
  if (feed.gone) return;
  presence.joined(feed);
  revocations.watch(exchange, principal, () => feed.end());
}

function resumeOf({ head }: Exchange): Position | undefined {
  const lastId = head.headers.get("last-event-id");
  if (lastId === undefined || lastId === "") return undefined;
  const position = parsePosition(lastId);
  if (position === undefined) throw new ParleyError("invalid_request", { error: "Last-Event-ID 无效" });
  return position;
}
