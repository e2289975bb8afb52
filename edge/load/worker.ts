// A load process: `fork`ed by LoadRun and controlled over IPC.
import { setTimeout as sleep } from "node:timers/promises";
import { runOpenLoop } from "./arrivals.ts";
import type { LoadOptions } from "./options.ts";
import { Recorder } from "./recorder.ts";
import { scenarios } from "./scenarios/index.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import type { WorkerCommand, WorkerReport } from "./worker-message.ts";

const intervalMs = 1_000;
const drainLookMs = 100;

const stopped = new AbortController();
let prepared: { scenario: Scenario; options: LoadOptions; recorder: Recorder } | undefined;

process.on("message", (command: WorkerCommand) => {
  if (command.kind === "stop") stopped.abort();
  else if (command.kind === "prepare") report(prepare(command));
  else report(run());
});
// The parent has exited: stop the load.
process.once("disconnect", () => process.exit(0));

function report(work: Promise<WorkerReport>): void {
  work.then(tell, (error: unknown) => tell({ kind: "failed", error: textOf(error) }));
}

function tell(message: WorkerReport): void {
  process.send?.(message);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function prepare(command: Extract<WorkerCommand, { kind: "prepare" }>): Promise<WorkerReport> {
  const { options, users } = command;
  const recorder = new Recorder();
  const scenario = scenarios[command.scenario]({ options, users, recorder });
  prepared = { scenario, options, recorder };
  await scenario.open();
  return { kind: "ready" };
}

async function run(): Promise<WorkerReport> {
  if (prepared === undefined) throw new Error("not prepared");
  const { scenario, options, recorder } = prepared;
  const duration = options.warmup + options.duration;
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1_000;
  const ticker = setInterval(() => {
    scenario.progress?.(Math.min(1, seconds() / duration));
    tell({
      kind: "interval",
      interval: recorder.take(Math.floor(seconds())),
      unanswered: scenario.unanswered,
    });
  }, intervalMs);
  const countedFrom = start + options.warmup * 1_000;
  await runOpenLoop(
    { rate: options.rate, ramp: options.ramp, duration },
    (index, at) => scenario.send(index, at, at >= countedFrom),
    stopped.signal,
  );
  const drainUntil = performance.now() + options.drain * 1_000;
  while (scenario.unanswered > 0 && performance.now() < drainUntil && !stopped.signal.aborted)
    await sleep(drainLookMs);
  clearInterval(ticker);
  const verdict = await scenario.verdict();
  tell({ kind: "interval", interval: recorder.take(Math.floor(seconds())), unanswered: scenario.unanswered });
  await scenario.close();
  return { kind: "verdict", verdict };
}
