const maxBytes = 255;
const encoder = new TextEncoder();
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Joiners inside words and emoji are kept: Persian, Hindi and family emoji need them. */
const joiner =
  /(?<=[\p{M}\p{Script=Arabic}\p{Extended_Pictographic}\p{Emoji_Modifier}])[\u200C\u200D](?=[\p{L}\p{M}\p{Extended_Pictographic}])/u;
/** Control characters, spoofing characters (bidirectional marks, zero widths) and unpaired surrogates. */
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/u;
const unseen = new RegExp(`(?!${joiner.source})${invisible.source}`, "gu");
/** Escapes of quotation marks and line ends in form file names (WHATWG HTML, multipart form data). */
const escaped = /%(?:22|0[AD])/gi;
/** Characters that are special in some file system: path separators, wildcards, streams. */
const special = /[<>:"|?*]/g;
const device = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/** Sanitises a file name for all file systems; all scripts are kept. */
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

/** The extension of a name with its dot, in lower case; empty if there is none. */
export function extensionOf(name: string): string {
  return /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0].toLowerCase() ?? "";
}

/** Cuts a name to 255 bytes of UTF-8 at a character boundary, keeping its extension. */
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
