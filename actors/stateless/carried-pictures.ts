import { ParleyError } from "../../schemas/errors.ts";
import { type ChatMessage, isImagePart } from "../../schemas/wire/openai.ts";

/** Image types that are checked; a provider may accept others. */
const checkedTypes = new Set(["image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp"]);
const dataUri = /^data:([\w/+.-]*)((?:;[\w=.-]+)*),/i;
/** A JPEG may have trailing bytes of the camera after its end marker. */
const trailerBytes = 64 * 1024;

/**
 * Checks inline pictures (data URIs) of messages. A provider would reject a truncated or malformed one
 * without saying which. URLs are left to the provider.
 * @throws ParleyError `invalid_image` that names the part
 */
export function checkPictures(messages: readonly ChatMessage[]): void {
  for (const [index, { content }] of messages.entries()) {
    if (!Array.isArray(content)) continue;
    for (const [place, part] of content.entries()) {
      if (!isImagePart(part) || isReadable(part.image_url.url)) continue;
      throw new ParleyError("invalid_image", {
        error: `图片无法读取: messages.${index}.content.${place}.image_url`,
      });
    }
  }
}

function isReadable(url: string): boolean {
  if (!/^data:/i.test(url)) return true;
  const [head, type = "", parameters = ""] = dataUri.exec(url.slice(0, 256)) ?? [];
  if (head === undefined || !/;base64$/i.test(parameters)) return false;
  if (!checkedTypes.has(type.toLowerCase())) return true;
  const bytes = Buffer.from(url.slice(head.length), "base64");
  return isWhole(bytes);
}

/** Whether the bytes are a complete picture of one of these types. The declared type may differ. */
function isWhole(bytes: Buffer): boolean {
  const head = bytes.toString("latin1", 0, 12);
  const tail = (shortest: number) => Math.max(shortest, bytes.length - trailerBytes);
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return bytes.includes("IEND", tail(8), "latin1");
  if (head.startsWith("\xff\xd8\xff")) return bytes.lastIndexOf(Buffer.from([0xff, 0xd9])) >= tail(2);
  if (/^GIF8[79]a/.test(head)) return bytes.lastIndexOf(0x3b) >= tail(13);
  if (head.startsWith("RIFF") && head.endsWith("WEBP")) return bytes.length >= bytes.readUInt32LE(4) + 8;
  return false;
}
