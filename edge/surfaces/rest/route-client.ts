import type { Settings } from "../../../schemas/config.ts";
import { type ErrorType, errorBodySchema, errorTable, ParleyError } from "../../../schemas/errors.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import {
  type RestAnswer,
  type RestRequest,
  type Route,
  restAnswerSchema,
} from "../../../schemas/routes/route.ts";
import { isNoResponders, isTimeout, type NatsLink } from "../../nats-link.ts";
import { refuseLarge } from "../../submit/large-payload.ts";

/** Asks actors over the subjects of the route table. */
export class RouteClient {
  readonly #link: NatsLink;
  readonly #settings: Pick<Settings, "limits">;

  constructor(link: NatsLink, settings: Pick<Settings, "limits">) {
    this.#link = link;
    this.#settings = settings;
  }

  /** The connection on which it asks. */
  get link(): NatsLink {
    return this.#link;
  }

  /**
   * The answer of an actor. It is asked once: a request that may have been served must not be served again.
   * @throws ParleyError `storage_unavailable` without NATS, `service_unavailable` (or the area's own 502) without an actor
   */
  async ask(route: Pick<Route, "area" | "name" | "patience">, request: RestRequest): Promise<RestAnswer> {
    const { natsMessageBytes, [route.patience ?? "requestTimeoutMs"]: timeout } = this.#settings.limits;
    if (!this.#link.up) throw new ParleyError("storage_unavailable");
    const payload = JSON.stringify({ ...request, deadline: Date.now() + timeout });
    refuseLarge(payload, natsMessageBytes, "body");
    try {
      const subject = subjects.rest(route.area, route.name);
      const answer = await this.#link.nc.request(subject, payload, { timeout });
      return restAnswerSchema.parse(answer.json());
    } catch (cause) {
      if (isNoResponders(cause)) throw new ParleyError(absent(route.area), { cause });
      if (isTimeout(cause)) throw new ParleyError("service_unavailable", { cause });
      throw new ParleyError("storage_unavailable", { cause });
    }
  }
}

function absent(area: string) {
  if (area === "voice") return "voice_service_unreachable";
  return area === "memory" ? "memory_service_unreachable" : "service_unavailable";
}

/** Whether an actor may have got a request of {@link RouteClient.ask} that failed so, and do what it asks. */
export function mayHaveArrived(cause: unknown): boolean {
  if (!(cause instanceof ParleyError)) return false;
  return cause.errorType === "storage_unavailable" || isTimeout(cause.cause);
}

/** What an actor has refused, as an error of this table. */
export function refusalOf({ status, body }: RestAnswer): ParleyError {
  const { error, errorType = "", hint } = errorBodySchema.catch({ error: "" }).parse(body);
  const known = Object.hasOwn(errorTable, errorType);
  const type = known ? (errorType as ErrorType) : status < 500 ? "invalid_request" : "service_unavailable";
  return new ParleyError(type, { ...(error !== "" && { error }), ...(hint !== undefined && { hint }) });
}
