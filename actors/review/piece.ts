import type { ReviewMessage } from "../../schemas/wire/review.ts";

/** A piece of a reply before its delay is known. */
export type Piece = Omit<ReviewMessage, "delay_ms">;
