import { platformNames } from "../../schemas/platforms.ts";
import { quotaText } from "../quota/index.ts";
import type { QuotaLedger } from "../quota/quota-ledger.ts";
import type { Command } from "./command.ts";
import type { Commands } from "./registry.ts";

/** Commands of every installation. `status` returns the text of `/status`. */
export function basicCommands(version: string, status: () => string, registry: () => Commands): Command[] {
  return [
    {
      name: "/help",
      description: "显示此帮助信息",
      place: "beside",
      answer: ({ input }) => registry().help(input.surface, input.context),
    },
    {
      name: "/clear",
      description: "清除当前会话历史",
      place: "queue",
      answer: () => "当前会话历史已清除",
      clears: true,
    },
    { name: "/version", description: "显示系统版本信息", place: "beside", answer: () => `Parley ${version}` },
    { name: "/status", description: "显示系统状态信息", place: "beside", answer: () => status() },
  ];
}

/**
 * Commands of chat platforms. Bridges handle `/bind` and `/unbind` themselves: a token must not enter the
 * log.
 */
export function bridgeCommands(quota: QuotaLedger): Command[] {
  const elsewhere = () => "该命令只能在 QQ、Telegram 等外部平台的私聊中使用";
  return [
    {
      name: "/bind",
      args: "[token]",
      description: "绑定用户账号",
      place: "beside",
      listed: platformNames,
      answer: elsewhere,
    },
    {
      name: "/unbind",
      description: "解绑用户账号",
      place: "beside",
      listed: platformNames,
      answer: elsewhere,
    },
    {
      name: "/quota",
      description: "查询用户配额使用情况",
      place: "beside",
      listed: platformNames,
      answer: ({ input }) => quotaText(quota, input.user),
    },
  ];
}
