import { deviceUpdates } from "./devices.ts";
import { fanout } from "./fanout.ts";
import { type Figure, table } from "./figures.ts";
import { growth } from "./growth.ts";
import { idle } from "./idle.ts";
import { type Plan, planOf } from "./plan.ts";
import { say } from "./progress.ts";
import { reads } from "./reads.ts";
import { dueReminders } from "./reminders.ts";
import { search } from "./search.ts";
import { takeover } from "./takeover.ts";
import { turn } from "./turn.ts";
import { voice } from "./voice.ts";

// `make bench`: one table on stdout, progress on stderr. ONLY=fanout,devices,… chooses; QUICK=1 shortens.
// Everything talks to 127.0.0.1, and every process it starts is stopped by its id.

const scenarios: Record<string, (plan: Plan) => Promise<Figure[]>> = {
  fanout,
  turn,
  idle,
  takeover,
  growth,
  reads,
  search,
  devices: deviceUpdates,
  reminders: dueReminders,
  voice,
};

async function main(): Promise<number> {
  const plan = planOf(process.env);
  const chosen = process.env.ONLY?.split(",").map((name) => name.trim()) ?? Object.keys(scenarios);
  const unknown = chosen.filter((name) => !(name in scenarios));
  if (unknown.length > 0) {
    process.stderr.write(
      `ONLY: unknown ${unknown.join(", ")}; known: ${Object.keys(scenarios).join(", ")}\n`,
    );
    return 2;
  }
  const figures: Figure[] = [];
  let failures = 0;
  for (const name of chosen) {
    say(name);
    try {
      figures.push(...((await scenarios[name]?.(plan)) ?? []));
    } catch (error) {
      failures += 1;
      process.stderr.write(`${name} failed: ${error instanceof Error ? error.stack : String(error)}\n`);
    }
  }
  process.stdout.write(`${table(figures)}\n`);
  return failures === 0 ? 0 : 1;
}

process.exit(await main());
