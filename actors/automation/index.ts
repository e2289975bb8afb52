import { eventsStreamConfig, runsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { zoneChangedSchema } from "../../schemas/documents/account.ts";
import { parseRunIn, runPartitionCount, streams, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { startDurableWork } from "../events/durable-work.ts";
import { onUserDeleted } from "../events/user-erasure.ts";
import type { KeyedGroup } from "../runtime/keyed-actor.ts";
import { Schedules } from "../time/schedules.ts";
import { startEventWork } from "./event-work.ts";
import { RuleActor, type RuleActorMeans } from "./rule-actor.ts";
import { RuleClock } from "./rule-clock.ts";
import { serveRuleRoutes } from "./rule-routes.ts";
import { RuleStore } from "./rule-store.ts";
import { RunIntake } from "./run-intake.ts";
import { RunStore } from "./run-store.ts";
import { serveSceneRoutes } from "./scene-routes.ts";

/** Serves rules and scenes, starts the runs that are triggered, and returns the group of the actors that make them. */
export async function startAutomation(actor: ActorContext): Promise<KeyedGroup> {
  const { db, jsm, settings, lifecycle } = actor;
  const rules = new RuleStore(db);
  const runs = new RunStore(db);
  const schedules = new Schedules(actor);
  const intake = new RunIntake(actor);
  const clock = new RuleClock(actor, rules, schedules, intake);
  await Promise.all([
    rules.createIndexes(),
    runs.createIndexes(),
    ensureStream(jsm, runsStreamConfig(settings.limits)),
    ensureStream(jsm, eventsStreamConfig()),
  ]);
  await schedules.prepare("rule", () => rules.unscheduleAll());
  await clock.repair.all();
  await schedules.serve("rule", (due) => clock.ring(due));
  await startEventWork(actor, rules, intake);
  const zones = {
    stream: streams.events,
    name: "rule-zones",
    filter: subjects.eventZoneChangedAll,
    inFlight: 1,
  };
  await startDurableWork(actor, zones, (message) =>
    clock.follow(zoneChangedSchema.parse(message.json()).user),
  );
  await onUserDeleted(actor, "automation-erasure", async (user) => {
    await Promise.all([rules.eraseUser(user), runs.eraseUser(user), schedules.cancelAll("rule", user)]);
  });
  const means = { context: actor, rules, runs, intake, jsm };
  serveRuleRoutes({ ...means, actor, clock });
  serveSceneRoutes({ ...means, actor, clock });
  lifecycle.onStop("automation", () => clock.repair.stop());
  return ruleGroup(means);
}

function ruleGroup(means: RuleActorMeans): KeyedGroup {
  return {
    name: "automation",
    stream: streams.runs,
    partitions: runPartitionCount,
    filter: subjects.runInPartition,
    keyOf(subject) {
      const parsed = parseRunIn(subject);
      return parsed === null ? null : `${parsed.user}.${parsed.rule}`;
    },
    askSubject: subjects.runAsk,
    create(key) {
      const [user = "", rule = ""] = key.split(".");
      return new RuleActor(means, user, rule);
    },
    ask: async () => ({}),
  };
}
