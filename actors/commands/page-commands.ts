import type { Collection, Db } from "mongodb";
import type { Bus } from "../../infra/bus/bus.ts";
import type { Logger } from "../../infra/log.ts";
import { collections } from "../../schemas/documents/collections.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import { pageCommandsChanged } from "../../schemas/messages/processes.ts";
import type { PageCommand } from "../../schemas/wire/neo.ts";
import type { Command, CommandAnswer } from "./command.ts";

/** Maximum number of registered commands. */
const maxCommands = 500;
// Also reloads on a timer, because the change signal may be lost.
const reloadMs = 60_000;

/** A registered command, stored under its id. */
interface PageCommandDocument extends PageCommand {
  _id: string;
}

/** Built-in commands of Yao front-end pages: the actions of Xgen itself. */
const builtIn: readonly PageCommand[] = [
  page("/open", "打开页面", "pathname", "*", "Common.historyPush", { pathname: "{{pathname}}" }),
  page("/search", "搜索当前表格", "keyword", "Table-*", "Table.search", { keyword: "{{keyword}}" }),
  page("/fill", "填写当前表单的字段", "field value", "Form-*", "Form.setFields", {
    "{{field}}": "{{value}}",
  }),
  { ...page("/remove", "删除当前表单的记录", "", "Form-*", "Form.delete", {}), confirm: true },
];

/** Page commands, built in or registered by the administrator. Every process holds all of them in memory. */
export class PageCommands {
  readonly #collection: Collection<PageCommandDocument>;
  readonly #bus: Pick<Bus, "listen" | "signal">;
  readonly #log: Logger;
  #commands: readonly Command[] = builtIn.map(toCommand);
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Db, bus: Pick<Bus, "listen" | "signal">, log: Logger) {
    this.#collection = db.collection<PageCommandDocument>(collections.pageCommands);
    this.#bus = bus;
    this.#log = log;
  }

  /** Loads the commands, and reloads them on every change. */
  async start(): Promise<void> {
    this.#bus.listen(pageCommandsChanged, () => void this.#reload());
    await this.#collection.createIndex({ name: 1, stack: 1, path: 1 }, { unique: true });
    await this.#reload();
    this.#timer = setInterval(() => void this.#reload(), reloadMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The commands of all pages. */
  get commands(): readonly Command[] {
    return this.#commands;
  }

  /**
   * @throws ParleyError `conflict` when the pages already have a command with this name, or there are too
   * many
   */
  async create(command: PageCommand): Promise<PageCommand & { id: string }> {
    const { name, stack, path } = command;
    const same = await this.#collection.findOne({ name, stack, path });
    if (same !== null) throw new ParleyError("conflict", { error: "命令已存在" });
    if ((await this.#collection.countDocuments()) >= maxCommands)
      throw new ParleyError("conflict", { error: "命令数量已达上限" });
    const document = { _id: newId("cmd_"), ...command };
    await this.#collection.insertOne(document);
    await this.#changed();
    return toAnswer(document);
  }

  async list(): Promise<(PageCommand & { id: string })[]> {
    return (await this.#collection.find().sort({ name: 1 }).toArray()).map(toAnswer);
  }

  /** @throws ParleyError `not_found` */
  async remove(id: string): Promise<void> {
    const { deletedCount } = await this.#collection.deleteOne({ _id: id });
    if (deletedCount === 0) throw new ParleyError("not_found");
    await this.#changed();
  }

  async #changed(): Promise<void> {
    await this.#reload();
    this.#bus.signal(pageCommandsChanged, {});
  }

  async #reload(): Promise<void> {
    try {
      const registered = await this.#collection.find().limit(maxCommands).toArray();
      this.#commands = [...registered, ...builtIn].map(toCommand);
    } catch (err) {
      this.#log.warn({ err }, "page commands not loaded");
    }
  }
}

function page(
  name: string,
  description: string,
  args: string,
  stack: string,
  type: string,
  payload: Record<string, unknown>,
): PageCommand {
  const actions = [{ name: type.replace(".", ""), type, payload, next: "" }];
  return { name, description, args, stack, path: "*", confirm: false, text: description, actions };
}

function toAnswer({ _id, ...command }: PageCommandDocument): PageCommand & { id: string } {
  return { id: _id, ...command };
}

function toCommand({ name, description, args, stack, path, confirm, text, actions }: PageCommand): Command {
  const names = args === "" ? [] : args.split(" ");
  return {
    name,
    ...(args !== "" && { args: names.map((one) => `[${one}]`).join(" ") }),
    description,
    place: "beside",
    listed: ["neo"],
    stack,
    path,
    confirms: confirm,
    answer({ args: words }): CommandAnswer | string {
      if (words.length < names.length) return `用法: ${name} ${names.map((one) => `[${one}]`).join(" ")}`;
      // The last argument takes the remaining words.
      const values = names.map((_, at) => (at === names.length - 1 ? words.slice(at).join(" ") : words[at]));
      const replacements = new Map(names.map((one, at) => [one, values[at] ?? ""]));
      const filled = actions.map((action) => ({ ...action, payload: fill(action.payload, replacements) }));
      return {
        text: fill(text, replacements),
        command: { id: name.slice(1), name, request: [name, ...words].join(" ") },
        actions: filled as typeof actions,
      };
    },
  };
}

/** Replaces `{{name}}` in all strings of a value, including keys. */
function fill<T>(value: T, replacements: ReadonlyMap<string, string>): T {
  if (typeof value === "string")
    return value.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => replacements.get(name) ?? whole) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => fill(one, replacements)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [fill(key, replacements), fill(one as unknown, replacements)]),
  ) as T;
}
