import { ParleyError } from "../../../schemas/errors.ts";
import {
  createPageCommand,
  deletePageCommand,
  listPageCommands,
  neoCommand,
  neoCommands,
  neoHistory,
} from "../../../schemas/routes/neo.ts";
import type { NeoContext } from "../../../schemas/wire/neo.ts";
import type { ActorContext } from "../../actor-context.ts";
import type { CommandDeps } from "../../commands/index.ts";
import { answerCommand } from "../../commands/registry.ts";
import { approvalPrefix } from "../../consent/approvals.ts";
import { serveRoute } from "../../requests/rest.ts";
import type { History } from "../transcript/history.ts";

/** Serves Yao Neo's routes beside its chat. */
export function serveNeoRoutes(context: ActorContext, history: History, deps: CommandDeps): void {
  const { commands, confirmations, pages, approvals } = deps;
  serveRoute(context, neoHistory, async ({ principal, query }) => {
    const { user_id } = principal;
    const page = await history.page(user_id, `neo_${user_id}`, { limit: query.limit, offset: 0 });
    return {
      data: page.messages.map(({ role, content, created_at }) => ({ role, content, created_at })),
    };
  });
  serveRoute(context, neoCommands, async ({ query: { stack, path } }) => {
    const here: NeoContext | undefined =
      stack === undefined && path === undefined ? undefined : { stack, pathname: path };
    const listed = here === undefined ? commands.everywhere("neo") : commands.listed("neo", here);
    return listed.map(({ name, description, args = "", stack: on = "*", path: at = "*" }) => {
      return { name, description, args, stack: on, path: at };
    });
  });
  serveRoute(context, neoCommand, async ({ principal, body }) => {
    const { user_id } = principal;
    const done = { code: 200 as const, message: "success" as const };
    if (body.cmd === "ExitCommandMode") {
      await confirmations.drop(user_id);
      await approvals.denyAll(user_id, `neo_${user_id}`);
      return done;
    }
    if (body.cmd !== "ExecCommand")
      throw new ParleyError("invalid_request", { error: `未知命令: ${body.cmd}` });
    if (body.id === undefined) throw new ParleyError("invalid_request", { error: "请求参数错误: id" });
    if (body.id.startsWith(approvalPrefix)) {
      const { tool } = await approvals.decide(user_id, body.id, "once");
      return { ...done, data: { text: `已允许: ${tool}`, confirm: false, command: {}, actions: [] } };
    }
    const input = await confirmations.take(user_id, body.id);
    const called = commands.find(input);
    if (called === null) throw new ParleyError("not_found", { error: "命令不存在" });
    const answer = await answerCommand(context.log, input, called, body.id);
    return { ...done, data: { confirm: false, command: {}, actions: [], ...answer } };
  });
  serveRoute(context, createPageCommand, async ({ body }) => {
    return { success: true as const, command: await pages.create(body) };
  });
  serveRoute(context, listPageCommands, async () => {
    const list = await pages.list();
    return { commands: list, total: list.length };
  });
  serveRoute(context, deletePageCommand, async ({ params }) => {
    await pages.remove(params.id);
    return { success: true as const };
  });
}
