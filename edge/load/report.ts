import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { checkoutDir } from "../../infra/checkout.ts";
import type { LoadResult } from "./load-run.ts";
import type { Judgement } from "./summary.ts";
import type { Timeline } from "./timeline.ts";

interface Plot {
  title: string;
  /** Whether the values are shown on a logarithmic scale. */
  log: boolean;
  series: { name: string; values: (number | null)[] }[];
}

const plottedPercentiles = [50, 95, 99] as const;
const split = ["queue", "model", "commit"];

/** Renders a load as a self-contained HTML page. */
export function reportOf(result: LoadResult, judgement: Judgement): string {
  const uplot = dirname(createRequire(import.meta.url).resolve("uplot"));
  const parts: Record<string, string> = {
    "uplot.css": readFileSync(join(uplot, "uPlot.min.css"), "utf8"),
    "uplot.js": readFileSync(join(uplot, "uPlot.iife.min.js"), "utf8"),
    // Text of the page can't close its element.
    data: JSON.stringify(dataOf(result, judgement)).replaceAll("<", "\\u003c"),
  };
  const page = readFileSync(join(checkoutDir, "edge", "load", "report.html"), "utf8");
  return page.replace(/\/\*(uplot\.css|uplot\.js|data)\*\//g, (_, name: string) => parts[name] ?? "");
}

function dataOf(
  { scenario, options, timeline, verdict, startedAt }: LoadResult,
  judgement: Judgement,
): object {
  const { counts } = timeline;
  const { token: _token, password: _password, failIf, ...shown } = options;
  return {
    scenario,
    startedAt: startedAt.toISOString(),
    passed: judgement.passed,
    options: { ...shown, failIf: failIf.map(({ text }) => text).join(" ") },
    figures: [
      ["sent", counts.sent],
      ["done", counts.done],
      ["per second", (counts.done / options.duration).toFixed(1)],
      ["deliveries", counts.delivered],
      ["errors", Object.values(counts.errors).reduce((sum, count) => sum + count, 0)],
      ["reconnects", counts.reconnects],
      ["accepted", verdict.accepted],
      ["answered", verdict.answered],
      ["lost", verdict.lost, verdict.lost > 0],
      ["doubled", verdict.doubled, verdict.doubled > 0],
      ["out of order", verdict.outOfOrder, verdict.outOfOrder > 0],
      ["gaps", verdict.gaps, verdict.gaps > 0],
    ],
    latencies: timeline.latencies,
    thresholds: judgement.thresholds.map((each) => [each.threshold.text, each.holds]),
    marks: timeline.marks,
    seconds: timeline.seconds.map(({ second }) => second),
    plots: plotsOf(timeline),
  };
}

function plotsOf(timeline: Timeline): Plot[] {
  const { seconds, latencies } = timeline;
  const names = latencies.map(({ series }) => series);
  const plots = names
    .filter((name) => !split.includes(name))
    .map((name) => ({
      title: `${name}: latency, ms`,
      log: true,
      series: plottedPercentiles.map((at) => ({
        name: `p${at}`,
        values: percentiles(timeline, name, at),
      })),
    }));
  const rates: Plot = {
    title: "Operations a second",
    log: false,
    series: (["sent", "done", "delivered"] as const).map((name) => ({
      name,
      values: seconds.map(({ counts }) => counts[name]),
    })),
  };
  return [...plots, ...splitPlot(timeline, names), rates, troublePlot(timeline), ...serverPlots(timeline)];
}

function percentiles({ seconds }: Timeline, series: string, at: number): (number | null)[] {
  return seconds.map(({ histograms }) => {
    const value = histograms.get(series)?.getValueAtPercentile(at);
    return value === undefined ? null : value / 1_000;
  });
}

/** Phases of a turn, by the server's clock. */
function splitPlot(timeline: Timeline, names: string[]): Plot[] {
  const series = split.filter((name) => names.includes(name));
  if (series.length === 0) return [];
  const values = (name: string) => percentiles(timeline, name, 50);
  return [
    {
      title: "Where a turn's time goes: median ms in the queue, of the model, to the commit",
      log: false,
      series: series.map((name) => ({ name, values: values(name) })),
    },
  ];
}

function troublePlot({ seconds }: Timeline): Plot {
  const errors = seconds.map(({ counts }) =>
    Object.values(counts.errors).reduce((sum, count) => sum + count, 0),
  );
  return {
    title: "Errors and reconnects a second",
    log: false,
    series: [
      { name: "errors", values: errors },
      { name: "reconnects", values: seconds.map(({ counts }) => counts.reconnects) },
    ],
  };
}

/** One plot per server metric, one line per role. */
function serverPlots({ seconds }: Timeline): Plot[] {
  const labels = [...new Set(seconds.flatMap(({ server }) => Object.keys(server)))];
  const kinds = [...new Set(labels.map((label) => label.slice(label.indexOf(" ") + 1)))];
  return kinds.map((kind) => ({
    title: `Server: ${kind}`,
    log: false,
    series: labels
      .filter((label) => label.endsWith(` ${kind}`))
      .map((label) => ({ name: label, values: seconds.map(({ server }) => server[label] ?? null) })),
  }));
}
