import { type OnebotSegment, onebotRecordSchema } from "../../../../schemas/wire/onebot.ts";
import { field } from "./onebot-segments.ts";
import type { CallResult } from "./onebot-socket.ts";

/** Where a recording is: its bytes, or an address. */
export type Recording = { bytes: Uint8Array } | { url: string };

/**
 * Where the recording of a `record` segment can be had. QQ's own format is read by QQ alone, so the client is asked for
 * another first (`get_record`), which some clients give as bytes or an address and others as a path of their own machine.
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
