import type { Approval, Session } from "../../../client/index.ts";
import { Button, Row } from "../../parts/button.tsx";
import { t } from "../../state/language.ts";
import { attempt } from "../../state/toasts.ts";

/** Tool calls that wait for the user's word. */
export function Approvals({ session, approvals }: { session: Session; approvals: readonly Approval[] }) {
  return (
    <>
      {approvals.map((approval) => {
        const decide = (decision: "once" | "always" | "deny") => () =>
          attempt(() => session.approve(approval.approval_id, decision));
        return (
          <section class="approval" key={approval.approval_id} aria-label={t("approval")}>
            <p>{t("approvalText", { name: approval.tool_name })}</p>
            <pre>{JSON.stringify(approval.arguments, undefined, 2)}</pre>
            <Row end>
              <Button label={t("deny")} onClick={decide("deny")} />
              <Button label={t("allowAlways")} onClick={decide("always")} />
              <Button kind="primary" label={t("allowOnce")} onClick={decide("once")} />
            </Row>
          </section>
        );
      })}
    </>
  );
}
