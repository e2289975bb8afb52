const begun = performance.now();

/** Tells how far the run is, on stderr: stdout is the table's. */
export function say(text: string): void {
  const seconds = ((performance.now() - begun) / 1_000).toFixed(0).padStart(4);
  process.stderr.write(`${seconds} s  ${text}\n`);
}
