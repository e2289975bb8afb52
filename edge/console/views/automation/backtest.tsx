import { Chart } from "../../parts/chart.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Loaded } from "../../parts/state.tsx";
import { shortTime } from "../../parts/time.ts";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";
import type { Rule } from "./rules.tsx";

const days = 30;
const dayMs = 86_400_000;

/** When a rule would have begun in the last 30 days; nothing is done. */
export function Backtest({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  const asked = useAsked(() => {
    const to = new Date();
    const from = new Date(to.getTime() - days * dayMs);
    const body = { from: from.toISOString(), to: to.toISOString() };
    return client().api.backtestRule({ params: { id: rule.id }, body });
  }, [rule.id]);
  return (
    <Dialog title={t("backtestOf", { name: rule.name })} wide onClose={onClose}>
      <Loaded asked={asked}>
        {({ from, fired, total, events, truncated }) => {
          const start = Date.parse(from);
          const perDay = Array.from({ length: days + 1 }, () => 0);
          for (const { at } of fired) {
            const day = Math.floor((Date.parse(at) - start) / dayMs);
            perDay[day] = (perDay[day] ?? 0) + 1;
          }
          const times = perDay.map((_, day) => (start + day * dayMs) / 1_000);
          return (
            <>
              <p>{t("backtestResult", { total, events })}</p>
              {truncated && <p class="badge warn">{t("backtestTruncated")}</p>}
              <Chart
                title={t("firedPerDay")}
                times={times}
                series={[{ label: t("fired"), values: perDay }]}
                bars
              />
              <ul class="lines">
                {fired.slice(0, 20).map(({ at }) => (
                  <li key={at}>{shortTime(at)}</li>
                ))}
              </ul>
            </>
          );
        }}
      </Loaded>
    </Dialog>
  );
}
