import { createHash, randomUUID } from "node:crypto";
import type { FileDocument } from "../../schemas/documents/file.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { FilePart } from "../../schemas/wire/file-part.ts";
import { isOver } from "../requests/rest.ts";
import type { Bodies } from "./bodies.ts";
import { typeOf } from "./content-type.ts";
import type { FileStore } from "./file-store.ts";
import { sanitiseFilename } from "./filename.ts";
import type { UserFiles } from "./user-files.ts";

/** Validates uploads and stores them as files. */
export class Intake {
  readonly #store: FileStore;
  readonly #bodies: Bodies;
  readonly #files: Pick<UserFiles, "open" | "own">;
  readonly #limits: Limits;

  constructor(store: FileStore, bodies: Bodies, files: Pick<UserFiles, "open" | "own">, limits: Limits) {
    this.#store = store;
    this.#bodies = bodies;
    this.#files = files;
    this.#limits = limits;
  }

  /**
   * Stores an uploaded part as a file. The same `key` yields the same file; nothing is stored after the
   * `deadline`.
   * @throws ParleyError `unsupported_type`, `conflict` at the user's limits, `service_unavailable` after the
   * deadline
   */
  async take(
    user: string,
    part: FilePart,
    { idempotency_key: key, deadline }: { idempotency_key?: string; deadline?: number },
  ): Promise<FileDocument> {
    const mime_type = await this.#check(user, part).catch(async (cause: unknown) => {
      if (cause instanceof ParleyError) await this.#bodies.discard(part.object);
      throw cause;
    });
    const file: FileDocument = {
      _id: key === undefined ? randomUUID() : idOf(user, key),
      user_id: user,
      filename: sanitiseFilename(part.filename),
      mime_type,
      size: part.size,
      hash: part.sha256,
      object: await this.#bodies.adopt(part),
      created_at: new Date(),
    };
    if (isOver({ deadline })) throw new ParleyError("service_unavailable");
    const stored = (await this.#store.add(file)) ? file : await this.#files.own(user, file._id);
    if (stored.object !== part.object) await this.#bodies.discard(part.object);
    return stored;
  }

  async #check(user: string, part: FilePart): Promise<string> {
    const { userFiles, userFileBytes } = this.#limits;
    const head = Buffer.from(part.head, "base64");
    const { filename, type } = part;
    const files = this.#files;
    const mime = await typeOf({
      ...{ filename, type, head },
      async *read() {
        yield* (await files.open(part)).read();
      },
    });
    const { count, bytes } = await this.#store.usage(user);
    if (count >= userFiles) throw new ParleyError("conflict", { error: "文件数量已达上限" });
    if (bytes + part.size > userFileBytes) throw new ParleyError("conflict", { error: "文件存储空间已满" });
    return mime;
  }
}

/** Derives a UUID from a user and their key. */
function idOf(user: string, key: string): string {
  const hex = createHash("sha256").update(`${user}\n${key}`).digest("hex");
  return hex.slice(0, 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-8$3-a$4-$5");
}
