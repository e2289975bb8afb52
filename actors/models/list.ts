import { listModels } from "../../schemas/routes/models.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../requests/rest.ts";

/** Serves `GET /v1/models`. */
export function startModelList(ctx: Pick<ActorContext, "nc" | "bus" | "log" | "settings" | "models">): void {
  serveRoute(ctx, listModels, async () => ({
    object: "list" as const,
    data: ctx.models
      .list()
      .map(({ id, owned_by, created }) => ({ id, object: "model" as const, created, owned_by })),
  }));
}
