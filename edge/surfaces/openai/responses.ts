import { z } from "zod";
import { openBulkStore } from "../../../infra/nats/bulk-store.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import {
  type ResponseItem,
  responseItemSchema,
  responseRequestSchema,
} from "../../../schemas/wire/openai-responses.ts";
import type { Services } from "../../services.ts";
import { ResponseFormat } from "./response-format.ts";
import { turnOfRequest } from "./response-input.ts";
import { type OutputItem, readItemId } from "./response-output.ts";
import type { StatelessTurns } from "./stateless-turn-client.ts";
import { addTurnRoute } from "./turn-route.ts";

/** Output items that a later request may reference instead of sending them. */
const keptSchema = z.object({ user: z.string(), items: z.array(responseItemSchema) });
type Kept = z.infer<typeof keptSchema>;

const maxReferences = 256;

/**
 * Registers `POST /v1/responses`: the turns of chat completions in the format of OpenAI's newer API. The
 * request carries the conversation; output items can be referenced for an hour, as some clients do.
 */
export function addResponses(services: Services, turns: StatelessTurns): void {
  addTurnRoute(services, turns, "/v1/responses", async (body, { user_id }) => {
    const request = responseRequestSchema.parse(body);
    const items = await resolved(services, user_id, request.input);
    const keep = (response: string, output: readonly OutputItem[]) =>
      keepItems(services, user_id, response, output);
    return {
      turn: turnOfRequest(request, items),
      format: new ResponseFormat(newId("", 20), request, keep),
      stream: request.stream === true,
    };
  });
}

/** The input as items, with references resolved from stored responses. */
async function resolved(
  services: Services,
  user: string,
  input: string | ResponseItem[],
): Promise<ResponseItem[]> {
  if (typeof input === "string") return [{ role: "user", content: input }];
  const references = input.filter(({ type }) => type === "item_reference");
  if (references.length > maxReferences)
    throw new ParleyError("invalid_request", { error: "请求参数错误: input has too many references" });
  const known = new Map<string, Promise<Kept | undefined>>();
  return Promise.all(
    input.map(async (item, index) => {
      if (item.type !== "item_reference") return item;
      const place = readItemId(String(item.id));
      if (place !== undefined && !known.has(place.response))
        known.set(place.response, keptItems(services, place.response));
      const kept = place && (await known.get(place.response));
      const found = kept?.user === user ? kept.items[place?.index ?? -1] : undefined;
      if (found !== undefined) return found;
      throw new ParleyError("invalid_request", {
        error: `请求参数错误: input.${index}.id 已过期或不存在，请发送完整内容`,
      });
    }),
  );
}

async function keptItems({ link, log }: Services, response: string): Promise<Kept | undefined> {
  try {
    const bytes = await (await openBulkStore(link.nc)).getBlob(nameOf(response));
    return bytes === null ? undefined : keptSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    log.warn({ err: cause, response }, "response items not readable");
    throw new ParleyError("storage_unavailable", { cause });
  }
}

/** A response whose items can't be stored is still sent. */
async function keepItems(
  { link, log }: Services,
  user: string,
  response: string,
  items: readonly OutputItem[],
): Promise<void> {
  try {
    const bytes = new TextEncoder().encode(JSON.stringify({ user, items }));
    await (await openBulkStore(link.nc)).putBlob({ name: nameOf(response) }, bytes);
  } catch (err) {
    log.warn({ err, response }, "response items not stored");
  }
}

function nameOf(response: string): string {
  return `response_${response}`;
}
