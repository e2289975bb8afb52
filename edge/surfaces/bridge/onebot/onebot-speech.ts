import { type OnebotSegment, onebotRecordSchema } from "../../../../schemas/wire/onebot.ts";
import { field } from "./onebot-segments.ts";
import type { CallResult } from "./onebot-socket.ts";

/** Source of a recording: its bytes, or an address. */
export type Recording = { bytes: Uint8Array } | { url: string };

/**
 * Locates the recording of a `record` segment. Only QQ reads its own format, so the client is first asked to
 * convert it (`get_record`); some return bytes or an address, others a path on their own machine.
 */
export function recordingOf(segment: OnebotSegment, converted: CallResult): Recording | undefined {
  const data =
    converted.kind === "answer" ? onebotRecordSchema.safeParse(converted.answer.data).data : undefined;
  const places = [
    data?.base64 && `base64://${data.base64}`,
    data?.url,
    data?.file,
    field(segment, "url"),
    field(segment, "file"),
  ];
  for (const place of places) {
    if (place?.startsWith("base64://")) return { bytes: Buffer.from(place.slice(9), "base64") };
    if (place && /^https?:\/\//i.test(place) && place.length <= 2_048) return { url: place };
  }
  return undefined;
}
