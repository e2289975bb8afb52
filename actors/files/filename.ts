const maxBytes = 255;
const encoder = new TextEncoder();
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Joiners inside a word or an emoji belong to it: Persian, Hindi and families are written with them. */
const joiner =
  /(?<=[\p{M}\p{Script=Arabic}\p{Extended_Pictographic}\p{Emoji_Modifier}])[\u200C\u200D](?=[\p{L}\p{M}\p{Extended_Pictographic}])/u;
/** Control characters, and those that make a name look like another (bidirectional marks, zero widths), halves of characters. */
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/u;
const unseen = new RegExp(`(?!${joiner.source})${invisible.source}`, "gu");
/** What forms write for a quotation mark and a line end in a name (WHATWG HTML, multipart form data). */
const escaped = /%(?:22|0[AD])/gi;
/** What some file system takes for a path, a wildcard or a stream. */
const special = /[<>:"|?*]/g;
const device = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/** A name under which a file can be saved anywhere; whatever script it is written in, it keeps it. */
export function sanitiseFilename(name: string): string {
  const last = name.normalize("NFC").split(/[/\\]/).at(-1) ?? "";
  const clean = last
    .replace(escaped, "_")
    .replace(unseen, "")
    .replace(special, "_")
    .replace(/\s+/g, " ")
    .replace(/^[. ]+|[. ]+$/g, "");
  const safe = device.test(clean) ? `_${clean}` : clean;
  return shorten(safe) || "file";
}

/** The extension of a name with its dot, lower case; empty where there is none. */
export function extensionOf(name: string): string {
  return /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0].toLowerCase() ?? "";
}

/** At most 255 bytes of UTF-8, by whole characters, with its extension. */
function shorten(name: string): string {
  if (encoder.encode(name).length <= maxBytes) return name;
  const extension = extensionOf(name);
  let room = maxBytes - extension.length;
  let kept = "";
  for (const { segment } of segmenter.segment(name.slice(0, name.length - extension.length))) {
    room -= encoder.encode(segment).length;
    if (room < 0) break;
    kept += segment;
  }
  return `${kept.trimEnd()}${extension}`;
}
