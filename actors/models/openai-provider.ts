import OpenAI from "openai";
import type { Limits } from "../../schemas/limits.ts";
import { providerModelsSchema } from "../../schemas/wire/provider-chunk.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import type { Provider } from "./provider/connection.ts";
import { toProviderError } from "./provider-error.ts";

// Vectors and lists are wrapped in JSON, which multiplies their size.
const envelopeFactor = 64;

/** Creates a client for a provider's other APIs, without retries, logging or environment variables. */
export function createClient({ baseUrl, apiKey, connectMs }: Provider, limits: Limits): OpenAI {
  const lineBytes = limits.turnReplyBytes;
  return new OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey ?? "none",
    ...(apiKey === undefined && { defaultHeaders: { authorization: null } }),
    adminAPIKey: null,
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: connectMs ?? limits.providerConnectMs,
    logLevel: "off",
    fetch: boundedFetch({ lineBytes, bodyBytes: envelopeFactor * lineBytes }),
  });
}

/**
 * Lists the ids of a provider's models.
 * @throws ProviderError when it does not answer within `providerListMs`
 */
export async function listProviderModels(client: OpenAI, limits: Limits): Promise<string[]> {
  try {
    const answer: unknown = await client.get("/models", { timeout: limits.providerListMs });
    return providerModelsSchema.parse(answer).data.map(({ id }) => id);
  } catch (err) {
    throw toProviderError(err);
  }
}
