/**
 * Points at which tests kill the process, from `PARLEY_FAILPOINTS`: a comma-separated list of `name` (first
 * hit), `name@k` (k-th hit) and `name=text` (every hit whose text contains it). Unset in production: {@link
 * failpoint} is then a no-op.
 */
const armed = parse(process.env.PARLEY_FAILPOINTS);

interface Armed {
  name: string;
  /** Remaining hits before the process is killed; unused with `text`. */
  left: number;
  text: string | undefined;
}

function parse(list: string | undefined): Armed[] | undefined {
  if (!list) return undefined;
  return list.split(",").map((entry) => {
    const [, name = "", , count, text] = /^(\w+)(@(\d+)|=(.*))?$/.exec(entry.trim()) ?? [];
    return { name, left: Number(count ?? 1), text };
  });
}

function hit(points: Armed[], name: string, text: string): void {
  for (const point of points) {
    if (point.name !== name) continue;
    const now = point.text === undefined ? --point.left === 0 : text.includes(point.text);
    if (now) process.kill(process.pid, "SIGKILL");
  }
}

/** Kills the process, as `kill -9` does, if a test armed this point; otherwise one comparison. */
export const failpoint: (name: string, text?: string) => void =
  armed === undefined ? () => {} : (name, text = "") => hit(armed, name, text);
