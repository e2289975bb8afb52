/** Guarantee counters of a load: the last four must be zero. */
export interface Verdict {
  accepted: number;
  answered: number;
  /** Accepted, but neither answered nor in history. */
  lost: number;
  /** Executed twice: two replies, or twice in history. */
  doubled: number;
  /** Answered before an earlier accepted message of its session. */
  outOfOrder: number;
  /** Frames missing from a resumed stream, or within a connection. */
  gaps: number;
}

/** An empty verdict. */
export function emptyVerdict(): Verdict {
  return { accepted: 0, answered: 0, lost: 0, doubled: 0, outOfOrder: 0, gaps: 0 };
}

/** Adds one process's verdict to the total. */
export function addVerdict(to: Verdict, from: Verdict): void {
  for (const name of Object.keys(to) as (keyof Verdict)[]) to[name] += from[name];
}

/** Whether every guarantee was kept. */
export function isKept({ lost, doubled, outOfOrder, gaps }: Verdict): boolean {
  return lost + doubled + outOfOrder + gaps === 0;
}
