/** Prompts that engines echo when they recognize nothing. */
const prompts = ["以下是普通话的句子", "以下是普通話的句子", "以下是普通话"];
/** Hallucinations of speech models for noise; never a complete message. */
const invented =
  /^(?:(?:请不吝点赞|字幕(?:由|志愿者|by|提供)|amara\.org|thanks? (?:you )?for watching|please subscribe|subtitles by|谢谢(?:观看|收看)).*)$/iu;
const fewestRepeats = 4;

/**
 * Whether a transcript may be hallucinated: punctuation only, the echo of a prompt,
 * one repeated sentence, or a known output for noise.
 */
export function isDoubtful(text: string, prompt?: string): boolean {
  const said = plain(text);
  if (said === "") return true;
  if (invented.test(text.trim())) return true;
  if ([...prompts, prompt ?? ""].some((known) => isRepeated(said, plain(known)))) return true;
  const parts = text
    .split(/[。.!?！？\n]+/u)
    .map(plain)
    .filter((part) => part !== "");
  return parts.length >= fewestRepeats && new Set(parts).size === 1 && (parts[0] ?? "").length > 3;
}

function isRepeated(text: string, unit: string): boolean {
  return unit.length > 3 && text.replaceAll(unit, "") === "";
}

/** Letters and digits only. */
function plain(text: string): string {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join("");
}
