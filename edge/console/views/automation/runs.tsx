import { Dialog } from "../../parts/dialog.tsx";
import { Empty, Loaded } from "../../parts/state.tsx";
import { shortTime } from "../../parts/time.ts";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";
import { type Rule, statusText } from "./rules.tsx";

/** What became of a rule's runs, step by step. */
export function Runs({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  const asked = useAsked(
    () => client().api.listRuns({ params: { id: rule.id }, query: { limit: 50 } }),
    [rule.id],
  );
  return (
    <Dialog title={t("runsOf", { name: rule.name })} wide onClose={onClose}>
      <Loaded asked={asked}>
        {({ runs }) =>
          runs.length === 0 ? (
            <Empty icon="play" title={t("noRuns")} text={t("noRunsText")} />
          ) : (
            <ul class="lines">
              {runs.map((run) => (
                <li key={run.id}>
                  <span class="grow">
                    <strong>{shortTime(run.started_at)}</strong>
                    <span class="muted">{run.trigger.type}</span>
                    {run.reason && <span>{run.reason}</span>}
                    <Trace steps={run.steps} />
                  </span>
                  <span
                    class={`badge ${run.status === "failed" ? "bad" : run.status === "succeeded" ? "good" : ""}`}
                  >
                    {t(statusText(run.status))}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Dialog>
  );
}

interface TracedStep {
  index: number;
  type: string;
  status: string;
  error?: string | undefined;
  duration_ms?: number | undefined;
}

function Trace({ steps }: { steps: readonly TracedStep[] }) {
  if (steps.length === 0) return null;
  return (
    <ol class="trace">
      {steps.map(({ index, type, status, error, duration_ms }) => (
        <li key={index} class={status === "failed" ? "bad" : undefined}>
          {index + 1}. {type}: {status}
          {duration_ms !== undefined && ` (${Math.round(duration_ms)} ms)`}
          {error && ` – ${error}`}
        </li>
      ))}
    </ol>
  );
}
