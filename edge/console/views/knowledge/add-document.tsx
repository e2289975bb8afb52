import { useState } from "preact/hooks";
import { Button, Row } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Choice, Field } from "../../parts/field.tsx";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { attempt } from "../../state/toasts.ts";

type Source = "text" | "file" | "url";

/** Adds a document: a text, a file, or a page on the web. */
export function AddDocument({
  base,
  onClose,
  onSaved,
}: {
  base: string;
  onClose: () => void;
  onSaved: () => void;
}) {
  const [source, setSource] = useState<Source>("file");
  const [title, setTitle] = useState("");
  const [text, setText] = useState("");
  const [file, setFile] = useState<File>();
  const [sent, setSent] = useState<number>();
  const save = async (event: Event) => {
    event.preventDefault();
    const added = await attempt(async () => {
      const content = await contentOf({ source, text, file, onProgress: setSent });
      const named = title || file?.name || text.slice(0, 80);
      const body = { title: named, source_type: source, ...content };
      await client().api.addDocument({ params: { id: base }, body });
    }, t("documentAdded"));
    setSent(undefined);
    if (!added) return;
    onSaved();
    onClose();
  };
  return (
    <Dialog title={t("addDocument")} wide onClose={onClose}>
      <form class="form" onSubmit={save}>
        <Choice<Source>
          label={t("source")}
          value={source}
          options={[
            ["file", t("file")],
            ["text", t("text")],
            ["url", t("webPage")],
          ]}
          onChange={setSource}
        />
        {source === "file" && <FileField onFile={setFile} />}
        {source === "text" && <Field label={t("text")} value={text} onInput={setText} rows={10} required />}
        {source === "url" && (
          <Field label={t("address")} type="url" value={text} onInput={setText} required />
        )}
        <Field label={t("title")} value={title} onInput={setTitle} hint={t("titleHint")} />
        {sent !== undefined && <progress max={1} value={sent} aria-label={t("uploading", { name: title })} />}
        <Row end>
          <Button label={t("cancel")} onClick={onClose} />
          <Button kind="primary" type="submit" label={t("add")} disabled={sent !== undefined} />
        </Row>
      </form>
    </Dialog>
  );
}

function FileField({ onFile }: { onFile: (file: File | undefined) => void }) {
  return (
    <label class="field">
      {t("file")}
      <input type="file" required onChange={(event) => onFile(event.currentTarget.files?.[0])} />
      <small class="muted">{t("fileHint")}</small>
    </label>
  );
}

async function contentOf(from: {
  source: Source;
  text: string;
  file: File | undefined;
  onProgress: (part: number) => void;
}): Promise<{ content?: string; url?: string; file_id?: string }> {
  const { source, text, file, onProgress } = from;
  if (source === "text") return { content: text };
  if (source === "url") return { url: text };
  if (file === undefined) throw new Error(t("chooseFile"));
  const uploaded = await client().upload(file, { onProgress: (sent, total) => onProgress(sent / total) });
  return { file_id: uploaded.id };
}
