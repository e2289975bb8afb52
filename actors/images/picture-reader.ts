import { z } from "zod";
import { type ErrorType, errorTable, ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import { imageAnalysisSchema } from "../../schemas/wire/image.ts";
import { Sandbox, SandboxError, TaskError } from "../sandbox/sandbox.ts";
import type { PictureFindings, PictureTask, PictureWork } from "./picture-task.ts";

const findingsSchema = imageAnalysisSchema
  .pick({ format: true, width: true, height: true, top_colors: true, description: true, exif: true })
  .extend({ reduced: z.string().optional().describe("Data URI for a vision model.") });

/**
 * The user of a picture, and `read`, which loads its bytes when a slot is free: queued calls hold no buffers.
 */
export interface PictureCall {
  user: string;
  read: () => Promise<Uint8Array>;
  signal?: AbortSignal | undefined;
}

/** Decodes pictures in sandboxed processes with memory and time limits; users are served round-robin. */
export class PictureReader {
  readonly #sandbox: Sandbox;
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#sandbox = new Sandbox({
      module: new URL("./picture-task.js", import.meta.url),
      places: limits.imageJobs,
      waiting: limits.imageQueue,
      memoryBytes: limits.imageReaderBytes,
    });
  }

  /**
   * Creates a JPEG thumbnail of at most 300 × 300, upright.
   * @throws ParleyError `unsupported_type`, `image_too_large`, `invalid_image`, `service_unavailable`, what
   * `read` throws, or the signal's reason; the other methods throw the same
   */
  async thumbnail(call: PictureCall): Promise<Uint8Array> {
    return z.instanceof(Uint8Array).parse(await this.#run({ kind: "thumbnail" }, call));
  }

  /** Returns a data URI of the picture for a vision model: upright, reduced and without EXIF. */
  async reduced(call: PictureCall): Promise<string> {
    return z.string().parse(await this.#run({ kind: "reduce" }, call));
  }

  /** Describes the picture by its measurements, in words. */
  async described(call: PictureCall): Promise<string> {
    return z.string().parse(await this.#run({ kind: "describe" }, call));
  }

  /** Analyses a picture without a model. `position`: include the EXIF location; `reduce`: include `reduced`. */
  async findings(work: { position: boolean; reduce: boolean }, call: PictureCall): Promise<PictureFindings> {
    const { reduced, ...found } = findingsSchema.parse(await this.#run({ kind: "analyze", ...work }, call));
    return { ...found, ...(reduced !== undefined && { reduced }) };
  }

  stop(): void {
    this.#sandbox.stop();
  }

  async #run(work: PictureWork, { user, read, signal }: PictureCall): Promise<unknown> {
    const { imagePixels, jpegPixels, imageMs, shownImagePx, shownImageBytes } = this.#limits;
    const limits = { imagePixels, jpegPixels, imageMs, shownImagePx, shownImageBytes };
    const task = async () => ({ ...work, limits, bytes: await read() }) satisfies PictureTask;
    try {
      return await this.#sandbox.run(task, { user, timeoutMs: imageMs, signal });
    } catch (cause) {
      if (cause instanceof SandboxError && cause.kind !== "crash")
        throw new ParleyError("image_too_large", { cause });
      if (cause instanceof TaskError && isErrorType(cause.code))
        throw new ParleyError(cause.code, { error: cause.message, cause });
      if (cause instanceof TaskError || cause instanceof SandboxError)
        throw new ParleyError("invalid_image", { cause });
      throw cause;
    }
  }
}

function isErrorType(code: string | undefined): code is ErrorType {
  return code !== undefined && Object.hasOwn(errorTable, code);
}
