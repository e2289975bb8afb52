import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { roles } from "../../schemas/roles.ts";
import { checkout, sources, target } from "../_kit/judge/sources.ts";

const rooms = readdirSync(join(checkout, "actors"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const started: readonly string[] = Object.values(roles).flatMap((role) => role.rooms);

test("each room that a role names exists, and one role starts it", (t) => {
  t.deepEqual(
    started.filter((room) => !rooms.includes(room)),
    [],
  );
  t.is(new Set(started).size, started.length);
});

test("a room that no role starts is used by another room", (t) => {
  const all = sources();
  const used = new Set(
    all.flatMap((source) =>
      source.imports
        .map(({ specifier }) => target(source, specifier))
        .filter((path) => path.startsWith("actors/") && path.split("/")[1] !== source.path.split("/")[1])
        .map((path) => path.split("/")[1]),
    ),
  );
  t.deepEqual(
    rooms.filter((room) => !started.includes(room) && !used.has(room)),
    [],
  );
});
