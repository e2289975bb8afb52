import { z } from "zod";
import { ParleyError } from "../../schemas/errors.ts";
import { tokenOf } from "../identity.ts";
import type { Services } from "../services.ts";

/** Body of `POST /v1/audio/speech`, as far as it is checked. */
const speechSchema = z.object({
  model: z.string().min(1).max(128),
  input: z.string().min(1).max(4_096),
  voice: z.union([z.string().min(1), z.object({ id: z.string() })]),
});

/** Registers OpenAI's audio endpoints: until a voice actor serves them, they say that none does. */
export function addAudio({ router, identity }: Services): void {
  router.route(
    "POST",
    "/v1/audio/speech",
    async (exchange, body) => {
      await identity.identify(tokenOf(exchange.head));
      speechSchema.parse(body);
      throw new ParleyError("voice_service_unreachable");
    },
    { errors: "openai" },
  );
  for (const path of ["/v1/audio/transcriptions", "/v1/audio/translations"]) {
    router.route(
      "POST",
      path,
      async (exchange) => {
        await identity.identify(tokenOf(exchange.head));
        throw new ParleyError("voice_service_unreachable");
      },
      { errors: "openai", raw: true, anyType: true },
    );
  }
}
