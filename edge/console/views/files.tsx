import { useRef, useState } from "preact/hooks";
import type { Answer } from "../../client/index.ts";
import { AuthImage } from "../parts/auth-image.tsx";
import { Button, IconButton, Row } from "../parts/button.tsx";
import { confirm, Dialog } from "../parts/dialog.tsx";
import { Page } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { Empty, Loaded } from "../parts/state.tsx";
import { shortTime, size } from "../parts/time.ts";
import { client } from "../state/account.ts";
import { t } from "../state/language.ts";
import { useAsked } from "../state/store.ts";
import { attempt } from "../state/toasts.ts";
import { save } from "./chat/conversation.tsx";

type StoredFile = Answer<"listFiles">["files"][number];

const pageSize = 48;

/** The user's files. */
export default function Files() {
  const [page, setPage] = useState(1);
  const asked = useAsked(() => client().api.listFiles({ query: { page, limit: pageSize } }), [page]);
  return (
    <Page title={t("files")} text={t("filesText")} action={<UploadButton onDone={asked.again} />}>
      <Loaded asked={asked}>
        {({ files, total }) =>
          total === 0 ? (
            <Empty icon="files" title={t("noFiles")} text={t("noFilesText")} />
          ) : (
            <>
              <div class="tiles">
                {files.map((file) => (
                  <Tile key={file.id} file={file} again={asked.again} />
                ))}
              </div>
              {total > pageSize && <Pages page={page} last={Math.ceil(total / pageSize)} onPage={setPage} />}
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function Pages({ page, last, onPage }: { page: number; last: number; onPage: (page: number) => void }) {
  return (
    <Row end>
      <Button label={t("previous")} disabled={page === 1} onClick={() => onPage(page - 1)} />
      <span class="muted">
        {page} / {last}
      </span>
      <Button label={t("next")} disabled={page === last} onClick={() => onPage(page + 1)} />
    </Row>
  );
}

function UploadButton({ onDone }: { onDone: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [sent, setSent] = useState<number>();
  const upload = async (files: readonly File[]) => {
    for (const file of files) {
      setSent(0);
      await attempt(() => client().upload(file, { onProgress: (done, total) => setSent(done / total) }));
    }
    setSent(undefined);
    onDone();
  };
  return (
    <div class="stack">
      <Button kind="primary" icon="plus" label={t("upload")} onClick={() => input.current?.click()} />
      {sent !== undefined && <progress max={1} value={sent} aria-label={t("uploading", { name: "" })} />}
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => void upload([...(event.currentTarget.files ?? [])])}
      />
    </div>
  );
}

function Tile({ file, again }: { file: StoredFile; again: () => void }) {
  const [large, setLarge] = useState(false);
  const root = `api/v1/files/${file.id}`;
  const remove = async () => {
    if (!(await confirm(t("deleteFile"), t("deleteFileText", { name: file.filename }), t("delete")))) return;
    await attempt(() => client().api.deleteFile({ params: { id: file.id } }), t("deleted"));
    again();
  };
  const load = () => attempt(async () => save(await client().blob(`${root}/download`), file.filename));
  return (
    <article class="tile" aria-label={file.filename}>
      {file.thumbnail_url ? (
        <button
          type="button"
          class="thumb"
          aria-label={t("enlarge", { name: file.filename })}
          onClick={() => setLarge(true)}
        >
          <AuthImage path={`${root}/thumbnail`} alt="" />
        </button>
      ) : (
        <span class="thumb">
          <Icon name="files" size={36} />
        </span>
      )}
      <strong title={file.filename}>{file.filename}</strong>
      <Row>
        <small class="muted">
          {size(file.size)} · {shortTime(file.created_at)}
        </small>
      </Row>
      <Row end>
        <IconButton icon="download" label={t("downloadFile", { name: file.filename })} onClick={load} />
        <IconButton icon="trash" label={t("deleteNamed", { name: file.filename })} onClick={remove} />
      </Row>
      {large && (
        <Dialog title={file.filename} wide onClose={() => setLarge(false)}>
          <AuthImage path={`${root}/download`} alt={file.filename} />
        </Dialog>
      )}
    </article>
  );
}
