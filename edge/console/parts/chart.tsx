import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { theme } from "../state/theme.ts";

/** One line of a chart. */
export interface Series {
  label: string;
  values: readonly (number | null)[];
}

const height = 190;
const colours = ["--accent", "--good", "--warn", "--bad"] as const;

/** Values over time. `times` are Unix seconds. The table of the last values is what a screen reader gets. */
export function Chart(props: {
  title: string;
  times: readonly number[];
  series: readonly Series[];
  bars?: boolean;
}) {
  const { title, times, series, bars } = props;
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const data = [times, ...series.map(({ values }) => values)] as unknown as uPlot.AlignedData;
  const names = series.map(({ label }) => label).join();
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const made = new uPlot(optionsOf(element, series, bars ?? false), data, element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [names, theme.value]);
  useEffect(() => plot.current?.setData(data), [data]);
  const last = series.map(({ label, values }) => `${label}: ${values.at(-1) ?? "–"}`).join(", ");
  return (
    <figure class="chart">
      <h2>{title}</h2>
      <div ref={frame} aria-hidden="true" />
      <figcaption class="sr-only">{last}</figcaption>
    </figure>
  );
}

function optionsOf(element: HTMLElement, series: readonly Series[], bars: boolean): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--muted"),
    grid: { stroke: colour("--line") },
    ticks: { stroke: colour("--line") },
  };
  return {
    width: element.clientWidth,
    height,
    legend: { show: series.length > 1 },
    cursor: { points: { size: 6 } },
    axes: [axis, { ...axis, size: 56 }],
    series: [
      {},
      ...series.map(({ label }, at) => ({
        label,
        stroke: colour(colours[at % colours.length] ?? "--accent"),
        width: 2,
        points: { show: false },
        ...(bars && { paths: uPlot.paths.bars?.({ size: [0.7, 40] }), fill: `${colour("--accent")}66` }),
      })),
    ],
  };
}
