import { ParleyError } from "../../../schemas/errors.ts";
import { listModels } from "../../../schemas/routes/models.ts";
import { modelListSchema } from "../../../schemas/wire/openai.ts";
import { openaiErrorOf } from "../../http/error-shape.ts";
import type { Services } from "../../services.ts";

/** Registers `GET /v1/models/{model}`: one entry of the list. */
export function addOneModel({ router, identity, rest }: Services): void {
  router.route({
    method: "GET",
    path: "/v1/models/:model",
    errors: "openai",
    authorize: identity.authorizeUser("chat"),
    handler: async (exchange, { principal }) => {
      const request = { principal, ip: exchange.head.ip, params: {}, query: {}, body: {} };
      const { status, body, headers } = await rest.ask(listModels, request);
      if (status >= 400) {
        const { error = "", errorType } = body as { error?: string; errorType?: string };
        return exchange.json(status, openaiErrorOf(errorType, status, error), headers);
      }
      const model = modelListSchema.parse(body).data.find(({ id }) => id === exchange.head.params[0]);
      if (model === undefined) throw new ParleyError("model_not_found");
      exchange.json(200, model);
    },
  });
}
