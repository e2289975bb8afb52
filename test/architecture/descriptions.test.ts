import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../_kit/judge/sources.ts";

type Json = Record<string, unknown>;

/** Paths of the properties and parameters of a generated document that have no description. */
function* undescribed(node: unknown, path: string): Generator<string> {
  if (typeof node !== "object" || node === null) return;
  const { properties, in: place, description } = node as Json;
  if (typeof place === "string" && description === undefined) yield path;
  if (typeof properties === "object" && properties !== null && !Array.isArray(properties)) {
    for (const [name, property] of Object.entries(properties as Record<string, Json>))
      if (property.description === undefined && property.$ref === undefined) yield `${path}/${name}`;
  }
  for (const [key, child] of Object.entries(node)) yield* undescribed(child, `${path}/${key}`);
}

for (const name of ["openapi.json", "asyncapi.json"]) {
  test(`${name} describes every field and parameter`, (t) => {
    const document: unknown = JSON.parse(readFileSync(join(checkout, "schemas/gen", name), "utf8"));
    t.deepEqual([...undescribed(document, "")], []);
  });
}

test("openapi.json describes every status that a request can fail with", (t) => {
  const { paths } = JSON.parse(readFileSync(join(checkout, "schemas/gen/openapi.json"), "utf8")) as {
    paths: Record<string, Record<string, { responses: Record<string, Json> }>>;
  };
  const silent = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { responses }]) => !Object.keys(responses).some((status) => status.startsWith("4")))
      .map(([method]) => `${method} ${path}`),
  );
  t.deepEqual(silent, []);
});
