import test from "ava";
import { holds, type Measured, parseThreshold } from "../../../edge/load/threshold.ts";

const measured: Measured = {
  latency: (metric, percentile) => (metric === "answered" ? percentile * 2 : undefined),
  errorRatio: 0.005,
  throughput: 120,
};

const cases: [text: string, holds: boolean][] = [
  ["p99<500ms", true],
  ["p99<198ms", false],
  ["p99<=198ms", true],
  ["answered_p50 < 0.2s", true],
  ["pmax<=200", true],
  ["errors<1%", true],
  ["errors<0.4%", false],
  ["throughput>100/s", true],
  ["throughput>=121", false],
  ["first_chunk_p95<10ms", false],
];

for (const [text, expected] of cases) {
  test(`${text} ${expected ? "holds" : "does not hold"}`, (t) => {
    t.is(holds(parseThreshold(text), measured), expected);
  });
}

for (const text of ["", "p99", "p99<", "<5ms", "p99<fast", "p101<5ms", "errors~1%"]) {
  test(`"${text}" is refused with an example`, (t) => {
    t.throws(() => parseThreshold(text), { instanceOf: TypeError, message: /p99<500ms/ });
  });
}
