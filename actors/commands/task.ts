import type { z } from "zod";
import type { RouteClient } from "../../infra/bus/route-client.ts";
import type { Rule } from "../../schemas/documents/automation.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { idSchema } from "../../schemas/ids.ts";
import { adminUserId } from "../../schemas/principal.ts";
import { deleteRule, getRule, listRules, triggerRule } from "../../schemas/routes/automation.ts";
import type { Route } from "../../schemas/routes/route.ts";
import type { Command, CommandCall } from "./command.ts";

/** `/task …`: a task is an automation rule of the user, accessed through the REST routes on their behalf. */
export function taskCommands(routes: Pick<RouteClient, "call">): Command[] {
  const ask = asker(routes);
  /** A command on one task; its argument is the task id. */
  const onTask = (name: string, act: (call: CommandCall, id: string) => Promise<string>) => {
    return (call: CommandCall) => {
      const id = idSchema.safeParse(call.args[0]);
      return id.success ? withErrorText(() => act(call, id.data)) : `用法: ${name} [task_id]`;
    };
  };
  return [
    {
      name: "/task list",
      description: "列出所有任务",
      place: "beside",
      answer: (call) => withErrorText(async () => listText((await ask(listRules, call)).rules)),
    },
    {
      name: "/task get",
      args: "[task_id]",
      description: "获取任务详情",
      place: "beside",
      answer: onTask("/task get", async (call, id) => detailText((await ask(getRule, call, { id })).rule)),
    },
    {
      name: "/task run",
      args: "[task_id]",
      description: "执行任务",
      place: "queue",
      confirms: true,
      answer: onTask("/task run", async (call, id) => {
        const { message, run_id } = await ask(triggerRule, call, { id });
        return `${message}\n任务: ${id}\n运行: ${run_id}`;
      }),
    },
    {
      name: "/task delete",
      args: "[task_id]",
      description: "删除任务",
      place: "queue",
      confirms: true,
      answer: onTask("/task delete", async (call, id) => {
        await ask(deleteRule, call, { id });
        return `任务已删除: ${id}`;
      }),
    },
    {
      name: "/task",
      description: "任务命令",
      place: "beside",
      listed: [],
      answer: () => "用法: /task list，/task get|run|delete [task_id]",
    },
  ];
}

/** Calls a route as the user of a command. */
function asker(routes: Pick<RouteClient, "call">) {
  return <Answer extends z.ZodType>(
    route: Route<z.ZodType, z.ZodType, z.ZodType, Answer>,
    { input, idempotencyKey }: CommandCall,
    params: Record<string, string> = {},
  ): Promise<z.output<Answer>> => {
    const principal = { user_id: input.user, nickname: "", is_admin: input.user === adminUserId };
    return routes.call(route, { principal, params, idempotencyKey });
  };
}

/** Returns the text of an error instead of throwing it. */
async function withErrorText(act: () => Promise<string>): Promise<string> {
  try {
    return await act();
  } catch (err) {
    if (!(err instanceof ParleyError)) throw err;
    if (err.errorType === "service_unavailable") return "任务服务暂不可用，请稍后重试";
    return err.status === 404 ? "任务不存在" : err.message;
  }
}

function listText(rules: readonly Rule[]): string {
  if (rules.length === 0) return "没有任务";
  const lines = rules.map(
    ({ id, name, enabled, trigger_type }) =>
      `${id} - ${name} (${trigger_type}，${enabled ? "启用" : "停用"})`,
  );
  return [`任务列表 (${rules.length})：`, ...lines].join("\n");
}

function detailText(rule: Rule): string {
  return [
    `任务: ${rule.name}`,
    `ID: ${rule.id}`,
    ...(rule.description === "" ? [] : [`描述: ${rule.description}`]),
    `状态: ${rule.enabled ? "启用" : "停用"}`,
    `触发: ${rule.trigger_type} ${JSON.stringify(rule.trigger_config)}`,
    `动作: ${JSON.stringify(rule.actions)}`,
    `运行次数: ${rule.run_count}`,
    `上次运行: ${rule.last_run_at === null ? "无" : `${rule.last_run_at} (${rule.last_status ?? "-"})`}`,
    `创建时间: ${rule.created_at}`,
  ].join("\n");
}
