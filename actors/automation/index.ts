import { eventsStreamConfig, runsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { zoneChanged } from "../../schemas/messages/events.ts";
import { runAsk } from "../../schemas/messages/runs.ts";
import { parseRunIn, runPartitionCount, streams, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { onUserDeleted } from "../events/user-erasure.ts";
import { Budgets } from "../runtime/budgets.ts";
import type { KeyedGroup } from "../runtime/keyed-actor.ts";
import { Schedules } from "../time/schedules.ts";
import { Backtester } from "./backtest.ts";
import { startEventWork } from "./event-work.ts";
import { HoldClock } from "./hold-clock.ts";
import { HoldStore } from "./hold-store.ts";
import { RuleActor, type RuleActorMeans } from "./rule-actor.ts";
import { RuleClock } from "./rule-clock.ts";
import { serveRuleRoutes } from "./rule-routes.ts";
import { RuleStore } from "./rule-store.ts";
import { RunIntake } from "./run-intake.ts";
import { RunRoots } from "./run-roots.ts";
import { serveOutsideTriggers, serveRunRoutes } from "./run-routes.ts";
import { RunStore } from "./run-store.ts";
import { serveSceneRoutes } from "./scene-routes.ts";

const minuteMs = 60_000;

/** Serves rules and scenes, starts triggered runs, and returns the actor group that executes them. */
export async function startAutomation(actor: ActorContext): Promise<KeyedGroup> {
  const { db, jsm, settings, lifecycle } = actor;
  const rules = new RuleStore(db);
  const runs = new RunStore(db);
  const roots = new RunRoots(db);
  const holdStore = new HoldStore(db);
  const schedules = new Schedules(actor);
  const intake = new RunIntake(actor, rules);
  const clock = new RuleClock(actor, rules, schedules, intake);
  const holds = new HoldClock(actor, { rules, holds: holdStore, schedules, intake });
  await Promise.all([
    ...[rules, runs, roots, holdStore].map((store) => store.createIndexes()),
    ensureStream(jsm, runsStreamConfig(settings.limits)),
    ensureStream(jsm, eventsStreamConfig()),
  ]);
  await schedules.prepare("rule", () => rules.unscheduleAll());
  await schedules.prepare("hold", () => holdStore.unscheduleAll());
  await Promise.all([clock.repair.all(), holds.repair.all()]);
  schedules.watch(
    "rule",
    () => rules.unscheduleAll(),
    () => clock.repair.all(),
  );
  schedules.watch(
    "hold",
    () => holdStore.unscheduleAll(),
    () => holds.repair.all(),
  );
  await schedules.serve("rule", (due) => clock.ring(due));
  await schedules.serve("hold", (due) => holds.ring(due));
  await startEventWork(actor, { rules, intake, holds });
  await actor.bus.consume(zoneChanged, { name: "rule-zones", inFlight: 1 }, ({ user }) => clock.follow(user));
  await onUserDeleted(actor, "automation-erasure", async (user) => {
    await Promise.all([rules, runs, holdStore].map((store) => store.eraseUser(user)));
    await Promise.all([schedules.cancelAll("rule", user), schedules.cancelAll("hold", user)]);
  });
  const webhooks = new Budgets(settings.limits.userWebhooksPerMin, minuteMs);
  const means = { context: actor, rules, runs, roots, intake, webhooks, jsm };
  const backtester = new Backtester(actor.js, settings.limits);
  const services = { ...means, actor, clock, holds, backtester };
  serveRuleRoutes(services);
  serveRunRoutes(services);
  serveOutsideTriggers(services);
  serveSceneRoutes(services);
  lifecycle.onStop("automation", () => {
    clock.repair.stop();
    holds.repair.stop();
  });
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
    create(key) {
      const [user = "", rule = ""] = key.split(".");
      return new RuleActor(means, user, rule);
    },
    serve: (bus, partition, actor) =>
      bus.serve(
        runAsk,
        async ({ user, rule }) => ({ dropped: await (actor(`${user}.${rule}`) as RuleActor).dropOldest() }),
        { of: { partition } },
      ),
  };
}
