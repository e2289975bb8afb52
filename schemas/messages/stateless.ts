import { z } from "zod";
import { idSchema } from "../ids.ts";
import { defineSignal } from "./define.ts";
import { asideTurnSchema, edgeInterestSchema, statelessTurnSchema } from "./stateless-turn.ts";

export const statelessTurn = defineSignal({
  name: "turn.stateless",
  doc: "A turn without a session, or where it lies when it is too large for a message. Its answers are `out.edge.turn`.",
  subject: "turn.stateless",
  message: z.union([asideTurnSchema, statelessTurnSchema]),
  queue: "turns",
  raw: "An invalid turn is answered at the address that it names, so its reader runs the schema itself.",
  publishers: ["edge"],
  listeners: ["stateless"],
});

export const turnCancel = defineSignal({
  name: "turn.cancel",
  doc: "Nobody waits for a turn without a session any more.",
  subject: "turn.cancel.{request}",
  message: z.object({ request: idSchema.describe("Id of the turn.") }),
  publishers: ["edge"],
  listeners: ["stateless"],
});

export const edgeInterest = defineSignal({
  name: "edge.interest",
  doc: "The turns without a session that an edge still waits for, every second.",
  subject: "edge.interest.{edge}",
  message: edgeInterestSchema,
  publishers: ["edge"],
  listeners: ["stateless"],
});
