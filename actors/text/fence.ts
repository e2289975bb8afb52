/** Separates quoted data from the user's message. */
const ownWords = "--- end of quoted data, the user's message: ---";

/** Fences a text with a marker that does not occur in it. */
export function fenced(text: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

/**
 * Prepends quoted texts to a user's message: they stay data in the user's message, never a system message.
 */
export function withQuotedData(message: string, quoted: readonly string[]): string {
  return quoted.length === 0 ? message : [...quoted, ownWords, message].join("\n\n");
}

/** The user's own text of a message that may contain quoted data. */
export function ownWordsOf(message: string): string {
  const at = message.lastIndexOf(`${ownWords}\n\n`);
  return at < 0 ? message : message.slice(at + ownWords.length + 2);
}
