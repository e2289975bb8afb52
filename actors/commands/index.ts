import { version } from "../../infra/checkout.ts";
import type { ActorContext } from "../actor-context.ts";
import type { Approvals } from "../consent/approvals.ts";
import { approvalCommands } from "./approval.ts";
import { basicCommands, bridgeCommands } from "./basic.ts";
import { Confirmations } from "./confirmations.ts";
import { PageCommands } from "./page-commands.ts";
import { Commands } from "./registry.ts";
import { taskCommands } from "./task.ts";

/** The commands of a process, and the services behind Yao Neo's routes. */
export interface CommandDeps {
  commands: Commands;
  confirmations: Confirmations;
  pages: PageCommands;
  approvals: Approvals;
}

/** Creates the registry with all commands. */
export async function createCommands(context: ActorContext, approvals: Approvals): Promise<CommandDeps> {
  const { db, log, lifecycle } = context;
  const confirmations = new Confirmations(db);
  const pages = new PageCommands(db, context.bus, log);
  await Promise.all([confirmations.createIndexes(), pages.start()]);
  lifecycle.onStop("commands", () => pages.stop());
  const fixed = [
    ...basicCommands(
      version,
      () => statusText(context),
      () => commands,
    ),
    ...taskCommands(context.routes),
    ...bridgeCommands(context.quota),
    ...approvalCommands(approvals),
  ];
  const commands: Commands = new Commands(
    fixed,
    () => pages.commands,
    (called) => confirmations.withConfirmation(called),
  );
  return { commands, confirmations, pages, approvals };
}

function statusText({ models, actorId }: ActorContext): string {
  return [
    `运行时间: ${Math.round(process.uptime())} 秒`,
    `进程: ${actorId}`,
    `默认模型: ${models.first("chat") ?? "无"}`,
  ].join("\n");
}
