/**
 * Splits a text into pieces of at most `chars` UTF-16 units without splitting surrogate pairs. An empty text
 * is one piece.
 */
export function piecesOf(text: string, chars: number): string[] {
  if (text.length <= chars) return [text];
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + chars, text.length);
    const last = text.charCodeAt(end - 1);
    // Keep a high surrogate together with its low surrogate.
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
