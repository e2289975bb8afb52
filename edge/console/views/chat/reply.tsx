import type { ChatMessage, Part, Session, ToolProgress } from "../../../client/index.ts";
import { CodeBlock } from "../../parts/code-block.tsx";
import { Markdown } from "../../parts/markdown.tsx";
import { t } from "../../state/language.ts";
import { SpokenReply } from "./spoken-reply.tsx";

/** A reply: what it thinks, its tools, and its text by kind. */
export function Reply({ message, session }: { message: ChatMessage; session: Session }) {
  const growing = message.status === "streaming";
  return (
    <div class="reply">
      {message.thinking && (
        <details class="thinking">
          <summary>{t(growing && message.content === "" ? "thinking" : "thought")}</summary>
          <div>{message.thinking}</div>
        </details>
      )}
      {message.tools?.map((tool) => (
        <Tool key={tool.tool_name} tool={tool} />
      ))}
      {message.incomplete && <p class="muted">{t("incomplete")}</p>}
      {growing ? <Growing text={message.content} /> : <Parts parts={message.parts} />}
      {message.error && (
        <p class="message-error" role="alert">
          {message.error.error}
        </p>
      )}
      <SpokenReply message={message} session={session} />
    </div>
  );
}

const actionTag = /<action>([\s\S]*?)(?:<\/action>|$)/gi;

/** A reply that is still coming: actions and Markdown, whatever of it is not closed yet. */
function Growing({ text }: { text: string }) {
  if (text === "") return <span class="typing" role="status" aria-label={t("answering")} />;
  const pieces = text.split(actionTag);
  return (
    <>
      {pieces.map((piece, at) => {
        if (piece.trim() === "") return null;
        if (at % 2 === 1) return <Action key={at} text={piece} />;
        return <Markdown key={at} text={piece} growing={at === pieces.length - 1} />;
      })}
    </>
  );
}

function Parts({ parts }: { parts: readonly Part[] }) {
  return (
    <>
      {parts.map((part, at) => (
        <OnePart key={at} part={part} />
      ))}
    </>
  );
}

function OnePart({ part }: { part: Part }) {
  if (part.type === "action") return <Action text={part.content} />;
  if (part.type === "code") return <CodeBlock code={part.content} language={part.metadata?.language} />;
  return <Markdown text={part.content} />;
}

function Action({ text }: { text: string }) {
  return <p class="action">{text.replace(/<\/?action>/gi, "")}</p>;
}

/** A tool at work: a bar while it runs, then how it ended. */
function Tool({ tool }: { tool: ToolProgress }) {
  const running = tool.status === "started" || tool.status === "running";
  const text = t(running ? "toolRunning" : tool.status === "failed" ? "toolFailed" : "toolDone", {
    name: tool.tool_name,
  });
  return (
    <div class={`tool ${tool.status}`}>
      <span>{text}</span>
      {running && (
        <progress aria-label={text} max={1} value={tool.progress > 0 ? tool.progress : undefined} />
      )}
      {tool.message && <small>{tool.message}</small>}
    </div>
  );
}
