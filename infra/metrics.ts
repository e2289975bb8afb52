import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { version } from "./checkout.ts";

/**
 * One process's Prometheus registry, with constructors of metrics. Text exposition: `await
 * registry.metrics()`.
 */
export interface Metrics {
  registry: Registry;
  counter<L extends string = string>(name: string, help: string, labelNames?: L[]): Counter<L>;
  gauge<L extends string = string>(
    name: string,
    help: string,
    labelNames?: L[],
    collect?: () => void | Promise<void>,
  ): Gauge<L>;
  /** `buckets` in the unit of the name (`…_seconds`). */
  histogram<L extends string = string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames?: L[],
  ): Histogram<L>;
}

/**
 * A registry with the default process metrics; all samples are labelled with the role and the name of the
 * process.
 */
export function createMetrics(role: string, name: string = role): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ role, process: name });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: "parley_build_info",
    help: "Always 1; the labels say which program runs",
    labelNames: ["version", "node"],
    registers,
  }).set({ version, node: process.versions.node }, 1);
  return {
    registry,
    counter: (name, help, labelNames = []) => new Counter({ name, help, labelNames, registers }),
    gauge: (name, help, labelNames = [], collect) =>
      new Gauge({ name, help, labelNames, registers, collect }),
    histogram: (name, help, buckets, labelNames = []) =>
      new Histogram({ name, help, buckets, labelNames, registers }),
  };
}
