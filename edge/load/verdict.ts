/** What became of the promises of a load: the last four must be zero. */
export interface Verdict {
  accepted: number;
  answered: number;
  /** Accepted, and neither answered nor in history. */
  lost: number;
  /** Run twice: two replies, or twice in history. */
  doubled: number;
  /** Answered before a message of its session that was accepted earlier. */
  outOfOrder: number;
  /** Frames missing from a stream that was resumed, or within a connection. */
  gaps: number;
}

/** Nothing accepted, nothing broken. */
export function emptyVerdict(): Verdict {
  return { accepted: 0, answered: 0, lost: 0, doubled: 0, outOfOrder: 0, gaps: 0 };
}

/** Adds the verdict of one process to that of all. */
export function addVerdict(to: Verdict, from: Verdict): void {
  for (const name of Object.keys(to) as (keyof Verdict)[]) to[name] += from[name];
}

/** Whether every promise was kept. */
export function isKept({ lost, doubled, outOfOrder, gaps }: Verdict): boolean {
  return lost + doubled + outOfOrder + gaps === 0;
}
