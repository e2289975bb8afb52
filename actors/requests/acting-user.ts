import { ParleyError } from "../../schemas/errors.ts";
import type { Principal } from "../../schemas/principal.ts";

/** The user a request acts for: the caller, or `requested`, which only an administrator may name. */
export function actingUser(principal: Principal, requested: string | undefined): string {
  if (requested !== undefined && requested !== principal.user_id && !principal.is_admin)
    throw new ParleyError("admin_only");
  return requested ?? principal.user_id;
}
