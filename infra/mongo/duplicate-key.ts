/** MongoDB's code for a write that meets another document under a unique key. */
export const duplicateKey = 11_000;

/** Whether an error says that another document has the key. */
export function isDuplicateKey(err: unknown): err is Error & { code: number } {
  return err instanceof Error && "code" in err && err.code === duplicateKey;
}
