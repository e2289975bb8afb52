import { ParleyError } from "../../schemas/errors.ts";
import type { Authorize } from "../http/endpoint.ts";
import type { Caller } from "./admission.ts";
import type { UserRates } from "./user-rates.ts";

/**
 * Counts a request that runs a model in its user's message rate, before its body is read. For surfaces whose
 * messages enter no session; session messages are counted at submit.
 */
export function withMessageRate(
  { rates }: { rates: Pick<UserRates, "take"> },
  authorize: Authorize,
): Authorize {
  const count = (caller: Caller): Caller => {
    if (caller.principal !== null && !rates.take(caller.principal.user_id))
      throw new ParleyError("rate_limited");
    return caller;
  };
  return (head) => {
    const found = authorize(head);
    return found instanceof Promise ? found.then(count) : count(found);
  };
}
