import { startTestEdge, type TestEdge } from "./edge.ts";
import { startEngines, type TestEngines } from "./engines.ts";
import { StandIn } from "./stand-in.ts";

/** Engines, an edge, and a stand-in for the actors. */
export interface EdgeWorld {
  engines: TestEngines;
  edge: TestEdge;
  actor: StandIn;
  /** Another edge on the same engines. */
  another(environment?: Record<string, string>): Promise<TestEdge>;
  stop(): Promise<void>;
}

/** Starts them for one test file. */
export async function startEdgeWorld(environment: Record<string, string> = {}): Promise<EdgeWorld> {
  const stops: (() => unknown)[] = [];
  const scope = { teardown: (fn: () => unknown) => void stops.push(fn) };
  const engines = await startEngines();
  stops.push(engines.stop);
  const actor = await StandIn.start(scope, engines.natsUrl);
  const another = (more: Record<string, string> = {}) =>
    startTestEdge(scope, engines.natsUrl, { ...environment, ...more });
  const edge = await another();
  const stop = async () => {
    for (const fn of stops.reverse()) await fn();
  };
  return { engines, edge, actor, another, stop };
}
