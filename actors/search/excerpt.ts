const ellipsis = "…";

/**
 * Cuts a text to at most `bytes` (UTF-8) around the first match of the query; a text that fits is kept whole.
 */
export function excerpt(text: string, query: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  // A UTF-16 unit takes at most three bytes.
  const length = Math.max(1, Math.floor(bytes / 3) - 2);
  const found = Math.max(0, text.toLowerCase().indexOf(query));
  const from = wholeCharacter(
    text,
    Math.max(0, Math.min(found - Math.floor(length / 3), text.length - length)),
  );
  const to = wholeCharacter(text, from + length);
  return `${from > 0 ? ellipsis : ""}${text.slice(from, to)}${to < text.length ? ellipsis : ""}`;
}

/** The index, or the one before when it would split a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
