import { z } from "zod";
import type { Limits } from "../../schemas/limits.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import type { NatsLink } from "../nats-link.ts";
import { UserRates } from "./user-rates.ts";

/** What one edge tells the others: messages that busy users have sent to it since it told last. */
const reportSchema = z.object({ edge: z.string(), taken: z.record(z.string(), z.int().positive()) });

/** The message rates of users, over all edges: this edge's count, corrected by what the others tell. */
export function shareRates(link: NatsLink, edge: string, limits: Limits): UserRates {
  let timer: NodeJS.Timeout | undefined;
  const rates = new UserRates(limits, () => {
    if (timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      const report: z.infer<typeof reportSchema> = { edge, taken: rates.tell() };
      if (link.up) link.nc.publish(subjects.edgeRates, JSON.stringify(report));
    }, limits.rateReportMs);
  });
  link.nc.subscribe(subjects.edgeRates, {
    callback: (err, msg) => {
      const report = err === null ? reportSchema.safeParse(msg.json()).data : undefined;
      if (report === undefined || report.edge === edge) return;
      for (const [user, count] of Object.entries(report.taken)) rates.takenElsewhere(user, count);
    },
  });
  return rates;
}
