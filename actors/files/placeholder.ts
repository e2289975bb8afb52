/** File kinds with their label and colour. */
const kinds: readonly [pattern: RegExp, label: string, colour: string][] = [
  [/^image\//, "IMG", "#2f9e6e"],
  [/^audio\//, "AUDIO", "#8a5cd1"],
  [/^video\//, "VIDEO", "#c2417a"],
  [/pdf$/, "PDF", "#d1453b"],
  [/word/, "DOC", "#2f6fd1"],
  [/csv$/, "CSV", "#1f8a4c"],
  [/json$/, "JSON", "#b7791f"],
  [/markdown$/, "MD", "#4a5568"],
  [/^text\//, "TXT", "#4a5568"],
];

/** An SVG placeholder for a file without a thumbnail. */
export function placeholder(mimeType: string): string {
  const [, label, colour] = kinds.find(([pattern]) => pattern.test(mimeType)) ?? [null, "FILE", "#718096"];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 300" width="300" height="300" role="img" aria-label="${label}">
<rect width="300" height="300" fill="#f1f3f5"/>
<path d="M85 45h95l50 50v160H85z" fill="#fff" stroke="${colour}" stroke-width="6" stroke-linejoin="round"/>
<path d="M180 45v50h50" fill="none" stroke="${colour}" stroke-width="6" stroke-linejoin="round"/>
<text x="157" y="195" font-family="sans-serif" font-size="38" font-weight="700" text-anchor="middle" fill="${colour}">${label}</text>
</svg>
`;
}
