import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parseAllDocuments, parseDocument } from "yaml";
import { z } from "zod";
import { checkoutDir } from "../../infra/checkout.ts";
import { variables } from "../../schemas/config.ts";
import { startSystem } from "../_kit/worlds/system.ts";

const folder = join(checkoutDir, "infra", "deploy");
const read = (path: string) => readFileSync(join(folder, path), "utf8");
const known = new Set(variables.map(({ name }) => name));

const alertsSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          annotations: z.object({ summary: z.string(), runbook: z.string() }),
        }),
      ),
    }),
  ),
});
const dashboardSchema = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
});
const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string().optional(),
      environment: z.record(z.string(), z.string()).optional(),
      command: z.union([z.string(), z.array(z.string())]).optional(),
      read_only: z.boolean().optional(),
    }),
  ),
  volumes: z.record(z.string(), z.unknown()),
});

function yaml(text: string): unknown {
  const document = parseDocument(text, { merge: true });
  if (document.errors.length > 0) throw document.errors[0];
  return document.toJS();
}

/** Names of metrics in an expression of PromQL. */
function metricsOf(expr: string): string[] {
  return [...expr.matchAll(/\b(parley|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name);
}

const alerts = alertsSchema.parse(yaml(read("prometheus/alerts.yml"))).groups.flatMap(({ rules }) => rules);
const dashboard = dashboardSchema.parse(JSON.parse(read("grafana/dashboard.json")));

test("every metric of alerts, dashboard and chart is shown by a running system, on the ports of their own", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1, env: { METRICS_PORT: "0" } });
  t.teardown(() => system.stop());
  const client = await system.client("c");
  await client.send("hello", { id: "m" });
  await client.frame((frame) => frame.type === "stream_end", "the reply");
  const texts = await Promise.all(
    [...system.edges, ...system.actors].map(async (service) => {
      const port = service.log.findLast(({ fields }) => fields.msg === "ready")?.fields.metrics_port;
      t.is((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200, service.name);
      t.is((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200, service.name);
      return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    }),
  );
  const shown = new Set([...texts.join("\n").matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const queries = [
    ...alerts.map(({ expr }) => expr),
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...metricsOf(read("helm/templates/actors.yaml")),
    ...metricsOf(read("helm/templates/edge.yaml")),
  ];
  const named = new Set(queries.flatMap(metricsOf).map((name) => name.replace(/_(bucket|sum|count)$/, "")));
  t.deepEqual(
    [...named].filter((name) => !shown.has(name)),
    [],
  );
  const processes = new Set([...texts.join("\n").matchAll(/process="([^"]+)"/g)].map(([, name]) => name));
  t.is(processes.size, 2);
});

test("every alert says what to do", (t) => {
  const runbook = readFileSync(join(checkoutDir, "docs", "operations.md"), "utf8");
  for (const { alert, annotations } of alerts) {
    t.is(annotations.runbook, `docs/operations.md#${alert.toLowerCase()}`);
    t.true(runbook.includes(`### ${alert}\n`), `${alert} has a section`);
  }
});

test("compose starts three of each engine and two of each process, with settings that exist", (t) => {
  const { services, volumes } = composeSchema.parse(yaml(read("compose.yaml")));
  const names = Object.keys(services);
  for (const kind of ["nats", "mongodb"]) for (const n of [1, 2, 3]) t.true(names.includes(`${kind}-${n}`));
  for (const name of ["edge-1", "edge-2", "actors-1", "actors-2"]) {
    const { environment = {}, read_only } = services[name] ?? {};
    t.true(read_only, name);
    for (const variable of Object.keys(environment)) t.true(known.has(variable), variable);
    t.is(environment.PROCESS_NAME, name);
  }
  for (const volume of Object.keys(volumes)) t.regex(volume, /^(nats|mongodb)-[123]$|^prometheus$/);
});

test("the chart's values are settings that exist, and its templates are balanced", (t) => {
  const values = z
    .object({ settings: z.record(z.string(), z.string()) })
    .parse(yaml(read("helm/values.yaml")));
  for (const name of Object.keys(values.settings)) t.true(known.has(name), name);
  t.notThrows(() => parseAllDocuments(read("helm/Chart.yaml")));
  for (const name of readdirSync(join(folder, "helm", "templates"))) {
    const text = read(join("helm", "templates", name));
    const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
    t.is(count(/\{\{-?\s*(if|with|range|define)\b/g), count(/\{\{-?\s*end\b/g), name);
  }
});

test("units start commands that exist, and do not start again after wrong settings", (t) => {
  for (const name of readdirSync(join(folder, "systemd"))) {
    const unit = read(join("systemd", name));
    t.regex(unit, /^ExecStart=\/usr\/bin\/node .*bin\/parley\.js (edge|actors)$/m, name);
    t.regex(unit, /^RestartPreventExitStatus=78$/m);
    t.notRegex(unit, /password/i);
  }
});
