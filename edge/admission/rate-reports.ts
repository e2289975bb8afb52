import type { Limits } from "../../schemas/limits.ts";
import { rateReport } from "../../schemas/messages/processes.ts";
import type { NatsLink } from "../nats-link.ts";
import { UserRates } from "./user-rates.ts";

/** Message rates of users across all edges: this edge's count, corrected by the reports of the others. */
export function shareRates(link: NatsLink, edge: string, limits: Limits): UserRates {
  let timer: NodeJS.Timeout | undefined;
  const rates = new UserRates(limits, () => {
    if (timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      const taken = rates.report();
      if (link.up) link.bus.signal(rateReport, { edge, taken });
    }, limits.rateReportMs);
  });
  link.bus.listen(rateReport, (report) => {
    if (report.edge === edge) return;
    for (const [user, count] of Object.entries(report.taken)) rates.takenElsewhere(user, count);
  });
  return rates;
}
