import test from "ava";
import { type Room, type Source, sources, target } from "../_kit/judge/sources.ts";

const all = sources();
const mayImport: Record<Exclude<Room, "test">, readonly Room[]> = {
  schemas: ["schemas"],
  infra: ["infra", "schemas"],
  edge: ["edge", "infra", "schemas"],
  actors: ["actors", "infra", "schemas"],
};
const infraReadsOf = new Set([
  "schemas/documents/installation.ts",
  "schemas/documents/rescued-message.ts",
  "schemas/messages/define.ts",
  "schemas/messages/devices.ts",
  "schemas/messages/rejected.ts",
  "schemas/messages/rest.ts",
  "schemas/principal.ts",
  "schemas/routes/route.ts",
  "schemas/config.ts",
  "schemas/limits.ts",
  "schemas/errors.ts",
  "schemas/messages/subjects.ts",
  "schemas/roles.ts",
]);

/** Files with an import that `wrong` names. */
function offenders(
  room: Room | "any",
  wrong: (path: string, source: Source, dynamic: boolean) => boolean,
): string[] {
  return all
    .filter((source) => room === "any" || source.room === room)
    .flatMap((source) =>
      source.imports
        .filter(({ specifier, dynamic }) => wrong(target(source, specifier), source, dynamic))
        .map(({ specifier }) => `${source.path} imports ${specifier}`),
    );
}

for (const [room, allowed] of Object.entries(mayImport)) {
  test(`${room} imports only from ${allowed.join(", ")}`, (t) => {
    const wrong = offenders(room as Room, (path, source, dynamic) => {
      const other = path.split("/")[0] as Room;
      if (path.startsWith("@") || !(other in mayImport || other === "test")) return false;
      // The command line puts the program together, and loads a role only when it is asked for.
      if (source.path.startsWith("infra/cli/") && dynamic) return false;
      return !allowed.includes(other);
    });
    t.deepEqual(wrong, []);
  });
}

test("schemas imports no package but zod", (t) => {
  t.deepEqual(
    offenders("schemas", (path) => !path.startsWith("schemas/") && path !== "zod"),
    [],
  );
});

test("infra reads of the vocabulary only settings, limits, errors and subjects", (t) => {
  t.deepEqual(
    offenders("infra", (path) => path.startsWith("schemas/") && !infraReadsOf.has(path)),
    [],
  );
});

test("uWebSockets.js is used in edge alone", (t) => {
  const wrong = offenders("any", (path, source) => {
    return path === "uWebSockets.js" && source.room !== "edge" && !source.path.startsWith("test/bench/");
  });
  t.deepEqual(wrong, []);
});

test("edge knows no MongoDB", (t) => {
  t.deepEqual(
    offenders("edge", (path) => path === "mongodb" || path.startsWith("infra/mongo/")),
    [],
  );
});

test("no program imports tests, and no test imports another", (t) => {
  t.deepEqual(
    offenders("any", (path, source) => path.startsWith("test/") && source.room !== "test"),
    [],
  );
  t.deepEqual(
    offenders("test", (path) => path.endsWith(".test.ts")),
    [],
  );
});
