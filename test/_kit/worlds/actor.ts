import type { ExecutionContext } from "ava";
import { MongoClient } from "mongodb";
import type { NatsConnection } from "nats";
import type { ActorContext } from "../../../actors/actor-context.ts";
import { QuotaLedger } from "../../../actors/quota/quota-ledger.ts";
import { Bus } from "../../../infra/bus/bus.ts";
import { errorOf } from "../../../infra/bus/error-answer.ts";
import { Lifecycle } from "../../../infra/lifecycle.ts";
import { createLogger } from "../../../infra/log.ts";
import { createMetrics } from "../../../infra/metrics.ts";
import { connectNats } from "../../../infra/nats/connect.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import { type RestAnswer, type RestRequest, restAnswerSchema } from "../../../schemas/routes/route.ts";
import type { TestEngines } from "./engines.ts";
import { modelsOf, settingsOf } from "./provider.ts";
import { testSecret } from "./token.ts";

/** Dependencies of an actor under test: its own process context, on real engines. */
export type TestActor = Pick<
  ActorContext,
  "nc" | "bus" | "db" | "models" | "quota" | "settings" | "secrets" | "log" | "lifecycle"
>;

/** A context like that of one actor process: own connections, own models. Closed with the test. */
export async function actorContext(
  t: Pick<ExecutionContext, "teardown">,
  engines: TestEngines,
  environment: Record<string, string> = {},
): Promise<TestActor> {
  const settings = settingsOf({ ADMIN_PASSWORD: "correct horse", ...environment });
  const log = createLogger("test", settings);
  const nc = await connectNats({ url: engines.natsUrl, name: "test actor", log });
  const bus = await Bus.over({ nc, log, metrics: createMetrics("test"), limits: settings.limits });
  const client = new MongoClient(engines.mongodbUri, { serverSelectionTimeoutMS: 2_000 });
  const db = client.db("parley");
  const quota = new QuotaLedger(db, settings, log);
  t.teardown(async () => {
    await quota.stop();
    await nc.close();
    await client.close();
  });
  return {
    nc,
    bus,
    db,
    quota,
    models: await modelsOf(environment),
    settings,
    log,
    lifecycle: new Lifecycle(log, 30_000),
    secrets: {
      jwtSecret: testSecret,
      encryptionKey: Buffer.alloc(32),
      adminPassword: settings.adminPassword ?? "",
      generated: [],
    },
  };
}

/** Sends a request on a route's subject, as an edge does. */
export async function askRoute(
  nc: NatsConnection,
  route: { area: string; name: string },
  request: Partial<RestRequest>,
): Promise<RestAnswer> {
  const whole: RestRequest = {
    principal: null,
    ip: "192.0.2.1",
    params: {},
    query: {},
    body: {},
    ...request,
  };
  const msg = await nc.request(subjects.rest(route.area, route.name), JSON.stringify(whole), {
    timeout: 10_000,
  });
  const error = errorOf(msg);
  return error === undefined
    ? restAnswerSchema.parse(msg.json())
    : { status: error.status, body: error.body };
}
