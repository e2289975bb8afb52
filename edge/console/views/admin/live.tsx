import { useEffect, useState } from "preact/hooks";
import { Chart } from "../../parts/chart.tsx";
import { Failure, Waiting } from "../../parts/state.tsx";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { meanSince, type Sample, samplesOf, total } from "./samples.ts";

const everyMs = 2_000;
const kept = 150;

/** One point of all charts; times in ms, rates per second. */
interface Point {
  at: number;
  turns: number;
  errors: number;
  connections: number;
  partitions: number;
  wait: number | null;
  first: number | null;
  lag: number;
}

/** What the installation does now. Nothing is kept: it begins when the page is opened. */
export function Live() {
  const [points, setPoints] = useState<readonly Point[]>([]);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    let before: { at: number; samples: Sample[] } | undefined;
    let timer: ReturnType<typeof setTimeout>;
    let open = true;
    const read = async () => {
      try {
        const response = await client().request({ method: "GET", path: "metrics" });
        const now = { at: Date.now(), samples: samplesOf(await response.text()) };
        const last = before;
        before = now;
        if (last !== undefined && open) setPoints((all) => [...all, pointOf(last, now)].slice(-kept));
        setError(undefined);
      } catch (cause) {
        setError(cause);
      }
      if (open) timer = setTimeout(() => void read(), everyMs);
    };
    void read();
    return () => {
      open = false;
      clearTimeout(timer);
    };
  }, []);
  if (error !== undefined && points.length === 0) return <Failure error={error} />;
  if (points.length < 2) return <Waiting />;
  return <Charts points={points} />;
}

function Charts({ points }: { points: readonly Point[] }) {
  const times = points.map(({ at }) => at / 1_000);
  const of = (key: keyof Point) => points.map((point) => point[key]);
  return (
    <div class="stack">
      <Chart
        title={t("chartTurns")}
        times={times}
        series={[
          { label: t("turnsPerSecond"), values: of("turns") },
          { label: t("errorsPerSecond"), values: of("errors") },
        ]}
      />
      <Chart
        title={t("chartTimes")}
        times={times}
        series={[
          { label: t("queueWait"), values: of("wait") },
          { label: t("firstToken"), values: of("first") },
        ]}
      />
      <Chart
        title={t("chartConnections")}
        times={times}
        series={[
          { label: t("connections"), values: of("connections") },
          { label: t("partitions"), values: of("partitions") },
        ]}
      />
      <Chart title={t("chartLag")} times={times} series={[{ label: t("unfinished"), values: of("lag") }]} />
    </div>
  );
}

function pointOf(before: { at: number; samples: Sample[] }, now: { at: number; samples: Sample[] }): Point {
  const seconds = (now.at - before.at) / 1_000;
  const rate = (name: string, labels = "") =>
    Math.max(0, total(now.samples, name, labels) - total(before.samples, name, labels)) / seconds;
  const mean = (name: string) => {
    const value = meanSince(before.samples, now.samples, name);
    return value === null ? null : Math.round(value * 1_000);
  };
  return {
    at: now.at,
    turns: rate("parley_turns_total"),
    errors: rate("parley_http_requests_total", 'status="5') + rate("parley_turns_total", "failed"),
    connections: total(now.samples, "parley_ws_connections"),
    partitions: total(now.samples, "parley_partitions_held"),
    wait: mean("parley_queue_wait_seconds"),
    first: mean("parley_first_chunk_seconds"),
    lag: total(now.samples, "parley_session_messages_unfinished"),
  };
}
