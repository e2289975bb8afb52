import { appendFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { LiveTable } from "./live-table.ts";
import { type LoadProgress, LoadRun } from "./load-run.ts";
import { type LoadOptions, loadOptionsSchema, type ScenarioName, scenarioNames } from "./options.ts";
import { reportOf } from "./report.ts";
import { judge, summaryOf } from "./summary.ts";
import { latencyOf, type Timeline } from "./timeline.ts";

/** Defaults that a scenario overrides. */
const scenarioDefaults: Partial<Record<ScenarioName, Partial<Record<keyof LoadOptions, unknown>>>> = {
  fanout: { users: 1, devices: 100, rate: 10 },
  devices: { users: 5, devices: 20, rate: 100 },
  storm: { users: 20, devices: 10, rate: 10 },
};

/**
 * Runs a load and prints its result. Resolves with the exit code: 0, or 1 for a missed threshold or violated
 * guarantee.
 * @throws TypeError for invalid options, Error when the server can't be loaded
 */
export async function runLoad(
  scenario: string,
  given: Record<string, unknown>,
  dataDir: string,
): Promise<number> {
  const name = z.enum(scenarioNames).safeParse(scenario);
  if (!name.success)
    throw new TypeError(`unknown scenario "${scenario}" (known: ${scenarioNames.join(", ")})`);
  const options = parseOptions({ ...scenarioDefaults[name.data], ...given });
  const table = new LiveTable(name.data, options);
  const run = new LoadRun(name.data, options, dataDir, withJson(table, options.json));
  process.once("SIGINT", () => run.stop());
  const result = await run.execute();
  const judgement = judge(result);
  process.stdout.write(`${summaryOf(result, judgement)}\n`);
  if (options.report !== undefined) {
    writeFileSync(options.report, reportOf(result, judgement));
    process.stderr.write(`parley load: report written to ${options.report}\n`);
  }
  return judgement.passed ? 0 : 1;
}

function parseOptions(given: Record<string, unknown>): LoadOptions {
  const options = loadOptionsSchema.safeParse(given);
  if (!options.success) {
    const issues = options.error.issues.map(({ path, message }) => `--${path.join(".")}: ${message}`);
    throw new TypeError(issues.join("\n"));
  }
  return options.data;
}

/** Writes a JSON line for each completed second, in addition to `progress`. */
function withJson(progress: LoadProgress, file: string | undefined): LoadProgress {
  if (file === undefined) return progress;
  writeFileSync(file, "");
  let written = -1;
  return {
    phase: (text) => progress.phase(text),
    second(timeline, elapsed, unanswered) {
      progress.second(timeline, elapsed, unanswered);
      for (const line of linesOf(timeline, written, Math.floor(elapsed) - 1)) {
        written = line.second;
        appendFileSync(file, `${JSON.stringify(line)}\n`);
      }
    },
  };
}

function linesOf(timeline: Timeline, after: number, until: number) {
  return timeline.seconds
    .filter(({ second }) => second > after && second <= until)
    .map(({ second, counts, histograms, server }) => ({
      second,
      ...counts,
      latencies: [...histograms].map(([series, histogram]) => latencyOf(series, histogram)),
      server,
    }));
}
