import type { Logger } from "../../infra/log.ts";
import { fetchOutbound } from "../../infra/outbound-http.ts";
import type { Attachment } from "../../schemas/client-frame.ts";
import type { Settings } from "../../schemas/config.ts";
import type { SessionInput } from "../../schemas/session-input.ts";

/** Largest image that is given to a model, bytes. */
const maxBytes = 8 * 1024 * 1024;
const timeoutMs = 15_000;
const unreadable = "[图片无法读取]";
/** First bytes of the kinds of images that models take, in base64. */
const kinds: readonly [start: string, type: string][] = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
];

/** Fetches the images that a message names by address; one that can't be had is told to the model in words. */
export class RemoteImages {
  readonly #settings: Pick<Settings, "allowPrivateUrls" | "limits">;
  readonly #log: Logger;

  constructor(settings: Pick<Settings, "allowPrivateUrls" | "limits">, log: Logger) {
    this.#settings = settings;
    this.#log = log;
  }

  /** The message as a model is given it; what is stored keeps the addresses. @throws the signal's reason */
  async inline(input: SessionInput, signal: AbortSignal): Promise<SessionInput> {
    if (!input.attachments.some(isRemote)) return input;
    const attachments = await Promise.all(
      input.attachments.map((one) => (isRemote(one) ? this.#fetch(one, signal) : one)),
    );
    const read = attachments.filter((one) => one !== null);
    const missing = attachments.length - read.length;
    const notes = Array.from({ length: missing }, () => unreadable);
    return { ...input, attachments: read, content: [input.content, ...notes].filter(Boolean).join("\n") };
  }

  async #fetch(image: Attachment & { url: string }, signal: AbortSignal): Promise<Attachment | null> {
    try {
      const { status, body } = await fetchOutbound(
        { url: image.url, maxBytes, timeoutMs, signal },
        this.#settings,
      );
      const base64 = body.toString("base64");
      const type = kinds.find(([start]) => base64.startsWith(start))?.[1];
      if (status === 200 && type !== undefined) return { ...image, url: `data:${type};base64,${base64}` };
      this.#log.info({ status, type }, "address of an image holds none");
    } catch (err) {
      if (signal.aborted) throw signal.reason;
      this.#log.info({ err }, "image not fetched");
    }
    return null;
  }
}

function isRemote(attachment: Attachment): attachment is Attachment & { url: string } {
  return /^https?:\/\//i.test(attachment.url ?? "");
}
