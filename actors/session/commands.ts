/** A slash command that any chat surface understands. */
export interface Command {
  name: string;
  description: string;
  /** `beside`: answered at once. `queue`: takes its place among the messages, because it changes what they see. */
  place: "beside" | "queue";
  /** Text of the answer. */
  answer(user: string, args: string[]): Promise<string> | string;
  /** Whether it hides everything before it. */
  clears?: boolean;
}

/** The commands of every chat surface. */
export class Commands {
  readonly #commands: readonly Command[];

  constructor(commands: readonly Command[]) {
    this.#commands = commands;
  }

  /** The command that a text calls, or null where it is no command. An unknown one answers with a hint. */
  parse(content: string): { command: Command; args: string[] } | null {
    const text = content.trim();
    if (!/^\/[a-z]/i.test(text)) return null;
    const [word = "", ...args] = text.split(/\s+/);
    const command = this.#commands.find(({ name }) => name === word.toLowerCase());
    return { command: command ?? unknown(word), args };
  }

  /** Text of `/help`. */
  help(): string {
    return [
      "可用命令列表：",
      ...this.#commands.map(({ name, description }) => `${name} - ${description}`),
    ].join("\n");
  }
}

function unknown(word: string): Command {
  return {
    name: word,
    description: "",
    place: "beside",
    answer: () => `未知命令: ${word.slice(0, 64)}。输入 /help 查看可用命令`,
  };
}

/** The commands that every installation has. `status` gives the lines of `/status`. */
export function basicCommands(version: string, status: () => string): Commands {
  const commands: Commands = new Commands([
    { name: "/help", description: "显示此帮助信息", place: "beside", answer: () => commands.help() },
    {
      name: "/clear",
      description: "清除当前会话历史",
      place: "queue",
      answer: () => "当前会话历史已清除",
      clears: true,
    },
    { name: "/version", description: "显示系统版本信息", place: "beside", answer: () => `Parley ${version}` },
    { name: "/status", description: "显示系统状态信息", place: "beside", answer: () => status() },
  ]);
  return commands;
}
