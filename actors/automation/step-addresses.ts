import { assertAllowedUrl } from "../../infra/outbound-http.ts";
import type { Settings } from "../../infra/settings.ts";
import type { RuleDocument } from "../../schemas/documents/automation.ts";
import { stepSchema } from "../../schemas/documents/rule-parts.ts";
import { listedSteps } from "./rule-steps.ts";

/**
 * Checks the URLs of webhook steps on save; they are checked again on each call. Invalid steps
 * are reported by the run.
 * @throws ParleyError `url_not_allowed`.
 */
export async function assertAllowedSteps(
  actions: RuleDocument["actions"] | undefined,
  settings: Pick<Settings, "allowPrivateUrls" | "limits">,
): Promise<void> {
  if (actions === undefined) return;
  const steps = listedSteps(actions).slice(0, settings.limits.runSteps);
  const urls = steps.flatMap((one) => {
    const { success, data } = stepSchema.safeParse(one);
    return success && data.type === "webhook" ? [data.url] : [];
  });
  await Promise.all([...new Set(urls)].map((url) => assertAllowedUrl(url, settings)));
}
