import { ParleyError } from "../../schemas/errors.ts";
import type { Principal } from "../../schemas/principal.ts";

/** Whose things a request means: one's own, or those of `asked`, which only an administrator may name. */
export function actingUser(principal: Principal, asked: string | undefined): string {
  if (asked !== undefined && asked !== principal.user_id && !principal.is_admin)
    throw new ParleyError("admin_only");
  return asked ?? principal.user_id;
}
