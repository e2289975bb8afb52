import { checkData, checkSecrets, checkWrites } from "../doctor/mongo-checks.ts";
import {
  checkCallout,
  checkLimits,
  checkReplicas,
  checkSystemUser,
  checkVersion,
} from "../doctor/nats-checks.ts";
import { type Check, type Finding, run } from "../doctor/report.ts";
import { resolveEndpoints } from "../endpoints.ts";
import { createLogger } from "../log.ts";
import { connectMongo } from "../mongo/connect.ts";
import { connectNats } from "../nats/connect.ts";
import { waitForJetStream } from "../nats/jetstream-ready.ts";
import { loadSettings } from "../settings.ts";
import { failing } from "./run-process.ts";

const connectMs = 8_000;

/** `parley doctor`: one line per check; exits 1 when a check finds a problem. */
export async function runDoctor(): Promise<void> {
  await failing("doctor", undefined, async () => {
    const settings = loadSettings();
    const log = createLogger("doctor", { logLevel: "silent" });
    const { natsUrl, mongodbUri } = resolveEndpoints(settings);
    const natsChecks = async (): Promise<Finding[]> => {
      const nc = await connectNats({ url: natsUrl, name: "doctor", log, connectMs });
      try {
        const findings = await all([
          () => checkVersion(nc),
          () => checkSystemUser(natsUrl, log),
          () => checkCallout(nc, natsUrl),
        ]);
        const stored = await run(async () => {
          const jsm = await waitForJetStream(nc, connectMs, log);
          const more = await all([
            () => checkReplicas(jsm, settings.natsReplicas),
            () => checkLimits(jsm, settings),
          ]);
          findings.push(...more);
          return "JetStream";
        });
        return [...stored, ...findings];
      } finally {
        await nc.close();
      }
    };
    const mongoChecks = async (): Promise<Finding[]> => {
      const { client, db } = await connectMongo({ uri: mongodbUri, log, waitMs: connectMs });
      try {
        return await all([() => checkWrites(db), () => checkData(db), () => checkSecrets(db)]);
      } finally {
        await client.close();
      }
    };
    const findings = (await Promise.all([reached(natsChecks), reached(mongoChecks)])).flat();
    for (const { ok, text } of findings) process.stdout.write(`${ok ? "ok      " : "problem "} ${text}\n`);
    process.exitCode = findings.every(({ ok }) => ok) ? 0 : 1;
  });
}

async function all(checks: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) findings.push(...(await run(check)));
  return findings;
}

/** Results of an engine's checks, or why it is unreachable. */
async function reached(checks: () => Promise<Finding[]>): Promise<Finding[]> {
  let findings: Finding[] = [];
  const failure = await run(async () => {
    findings = await checks();
    return "";
  });
  return failure.some(({ ok }) => !ok) ? failure : findings;
}
