import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Attachment, Session } from "../../../client/index.ts";
import { IconButton } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import { status } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { attempt } from "../../state/toasts.ts";
import { type Upload, Uploads, useUploads } from "./uploads.tsx";
import { VoiceButton } from "./voice-button.tsx";

const draftKey = (id: string) => `parley.text.${id}`;

/** The place to write: Enter sends, Shift with Enter begins a line; files by button, drop, paste and camera. */
export function Composer({ session, running }: { session: Session; running: boolean }) {
  const [text, setText] = useState(() => sessionStorage.getItem(draftKey(session.id)) ?? "");
  const { uploads, add, remove, clear } = useUploads();
  const input = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    sessionStorage.setItem(draftKey(session.id), text);
    const element = input.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 240)}px`;
  }, [text]);
  const ready = uploads.every(({ file }) => file !== undefined);
  const sendable = ready && (text.trim() !== "" || uploads.length > 0);
  const send = () => {
    if (!sendable) return;
    session.send(text, { attachments: uploads.flatMap(attachmentOf) });
    setText("");
    clear();
    input.current?.focus();
  };
  const keys = (event: KeyboardEvent) => {
    // While an input method composes, Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  const pasted = (event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    add(files);
  };
  return (
    <DropZone onFiles={add}>
      <Uploads uploads={uploads} onRemove={remove} />
      <div class="composer-line">
        <FileButton onFiles={add} />
        <textarea
          ref={input}
          rows={1}
          value={text}
          aria-label={t("message")}
          placeholder={status.value.state === "online" ? t("writeHere") : t("writeOffline")}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={keys}
          onPaste={pasted}
        />
        {text === "" && uploads.length === 0 && <VoiceButton session={session} />}
        {running && (
          <IconButton icon="stop" label={t("stop")} onClick={() => attempt(() => session.stop())} />
        )}
        <button
          type="button"
          class="send"
          aria-label={t("send")}
          title={t("send")}
          disabled={!sendable}
          onClick={send}
        >
          <Icon name="up" />
        </button>
      </div>
    </DropZone>
  );
}

/** The frame of the composer; files that are dropped on it are attached. */
function DropZone({ onFiles, children }: { onFiles: (files: File[]) => void; children: ComponentChildren }) {
  const [dropping, setDropping] = useState(false);
  return (
    <section
      class={dropping ? "composer dropping" : "composer"}
      aria-label={t("write")}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={(event) => {
        event.preventDefault();
        setDropping(false);
        onFiles([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      {children}
    </section>
  );
}

function FileButton({ onFiles }: { onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton icon="attach" label={t("attach")} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

function attachmentOf({ file }: Upload): Attachment[] {
  if (file === undefined) return [];
  const type = file.mime_type.startsWith("image/") ? "image" : "file";
  const { id: file_id, filename, mime_type, size, thumbnail_url } = file;
  return [{ type, file_id, filename, mime_type, size, ...(thumbnail_url && { thumbnail_url }) }];
}
