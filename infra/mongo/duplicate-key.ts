/** MongoDB's error code for a unique key that another document has. */
export const duplicateKey = 11_000;

/** Whether an error reports a duplicate key. */
export function isDuplicateKey(err: unknown): err is Error & { code: number } {
  return err instanceof Error && "code" in err && err.code === duplicateKey;
}
