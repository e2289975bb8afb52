import test from "ava";
import { sources } from "../_kit/judge/sources.ts";

/** What talks to NATS beside the bus, each with its reason. */
const exceptions: Record<string, string> = {
  "actors/devices/auth-callout.ts": "NATS' own log-in protocol: signed JWTs in place of JSON",
  "actors/devices/device-logout.ts":
    "requests to nats-server's system account, whose answers are the server's",
  "actors/runtime/partition-reader.ts": "the watched readers of keyed logs; their actors parse by the table",
  "actors/automation/backtest.ts": "reads past events of one user once; each is parsed by its kind's schema",
  "edge/live/out-stream.ts": "compare-and-set of the marker that names the life of the stream OUT",
};
const program = sources().filter(
  ({ path, room }) =>
    (room === "edge" || room === "actors") &&
    !/^edge\/(client|console|load)\//.test(path) &&
    !(path in exceptions),
);

/** Files in which a pattern is found, with what was found. */
function found(pattern: RegExp): string[] {
  return program.flatMap(({ path, text }) =>
    [...text.replace(/^\s*(\/\/|\/?\*).*$/gm, "").matchAll(pattern)].map((match) => `${path}: ${match[0]}`),
  );
}

test("infra/bus alone publishes, subscribes, requests and consumes", (t) => {
  t.deepEqual(found(/\b#?nc\.(publish|subscribe|request|requestMany)\(/g), []);
  t.deepEqual(found(/\bjs\.publish\(|\bpublisher\.publish\(|new StreamPublisher\(/g), []);
  t.deepEqual(found(/\bconsumers\.(add|get)\(|\.consume\(\{ max_messages/g), []);
  t.deepEqual(found(/\.respond\(/g), []);
});

test("infra/bus alone reads the payloads of messages", (t) => {
  t.deepEqual(found(/\b(msg|message)\.json\(|JSON\.parse\((msg|message)\b/g), []);
});

test("error bodies have one decoder, and routes and session owners one client", (t) => {
  t.deepEqual(found(/\berrorBodySchema\b/g), []);
  const files = (name: RegExp) => sources().filter(({ path, room }) => room !== "test" && name.test(path));
  t.is(files(/route-client\.ts$/).length, 1);
  t.is(files(/session-owner-client\.ts$/).length, 1);
});

test("each exception is still one", (t) => {
  const paths = new Set(sources().map(({ path }) => path));
  t.deepEqual(
    Object.keys(exceptions).filter((path) => !paths.has(path)),
    [],
  );
});
