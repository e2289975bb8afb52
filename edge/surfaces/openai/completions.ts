import { newId } from "../../../schemas/ids.ts";
import { chatCompletionRequestSchema } from "../../../schemas/wire/openai-request.ts";
import type { Services } from "../../services.ts";
import { ChatFormat } from "./chat-format.ts";
import type { StatelessTurns } from "./stateless-turn-client.ts";
import { addTurnRoute } from "./turn-route.ts";

/** Registers `POST /v1/chat/completions`. */
export function addCompletions(services: Services, turns: StatelessTurns): void {
  addTurnRoute(services, turns, "/v1/chat/completions", async (body) => {
    // The number of replies and the output kinds that every model supports.
    const {
      stream,
      stream_options,
      n: _,
      modalities: __,
      model,
      messages,
      ...params
    } = chatCompletionRequestSchema.parse(body);
    const includeUsage = stream_options?.include_usage === true;
    return {
      turn: { model, messages, params },
      format: new ChatFormat(newId("", 20), model, includeUsage),
      stream: stream === true,
    };
  });
}
