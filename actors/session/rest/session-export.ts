import type { ObjectStore } from "@nats-io/obj";
import type { HistoryMessage } from "../../../schemas/documents/message.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import type { FileAnswer } from "../../../schemas/routes/route.ts";
import type { History } from "../transcript/history.ts";
import type { SessionView } from "./session-list.ts";

/** How a session is written down. */
export type ExportFormat = "json" | "markdown" | "txt";

const files = {
  json: { extension: "json", type: "application/json; charset=utf-8" },
  markdown: { extension: "md", type: "text/markdown; charset=utf-8" },
  txt: { extension: "txt", type: "text/plain; charset=utf-8" },
} as const;

/** Writes sessions down as files. */
export class SessionExport {
  readonly #history: Pick<History, "newestFirst">;
  readonly #bulk: () => Promise<ObjectStore>;
  readonly #limits: { inlineBytes: number; exportBytes: number };

  /** Files over `inlineBytes` become objects, sessions whose text is over `exportBytes` are refused. */
  constructor(
    history: Pick<History, "newestFirst">,
    bulk: () => Promise<ObjectStore>,
    limits: { inlineBytes: number; exportBytes: number },
  ) {
    this.#history = history;
    this.#bulk = bulk;
    this.#limits = limits;
  }

  /** The file of a session. @throws ParleyError `payload_too_large` */
  async file(session: SessionView, format: ExportFormat): Promise<FileAnswer> {
    const text = write(session, await this.#messages(session), format);
    const { extension, type } = files[format];
    const filename = `${session.id}.${extension}`;
    if (Buffer.byteLength(text) <= this.#limits.inlineBytes) return { filename, type, text };
    const object = newId("export_", 22);
    await (await this.#bulk()).putBlob({ name: object }, new TextEncoder().encode(text));
    return { filename, type, object };
  }

  async #messages({ user_id, id }: SessionView): Promise<HistoryMessage[]> {
    const messages: HistoryMessage[] = [];
    let bytes = 0;
    for await (const message of this.#history.newestFirst(user_id, id)) {
      bytes += Buffer.byteLength(message.content);
      if (bytes > this.#limits.exportBytes)
        throw new ParleyError("payload_too_large", { error: "会话内容过大，无法导出" });
      messages.push(message);
    }
    return messages.reverse();
  }
}

function write(session: SessionView, messages: readonly HistoryMessage[], format: ExportFormat): string {
  if (format === "json") return writeJson(session, messages);
  const parts = messages.map(({ role, content, created_at }) => {
    const at = new Date(created_at).toISOString();
    return format === "markdown" ? `## ${role} · ${at}\n\n${content}\n` : `[${at}] ${role}: ${content}\n`;
  });
  const head = format === "markdown" ? `# ${session.title}\n` : `${session.title}\n`;
  return [head, ...parts].join("\n");
}

function writeJson(session: SessionView, messages: readonly HistoryMessage[]): string {
  const { id, title, created_at, updated_at } = session;
  const rows = messages.map(({ role, content, created_at }) => ({ role, content, created_at }));
  return `${JSON.stringify({ session: { id, title, created_at, updated_at }, messages: rows }, null, 2)}\n`;
}
