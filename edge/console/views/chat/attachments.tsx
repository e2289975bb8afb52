import { useState } from "preact/hooks";
import type { Attachment } from "../../../client/index.ts";
import { AuthImage } from "../../parts/auth-image.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Icon } from "../../parts/icon.tsx";
import { size } from "../../parts/time.ts";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { attempt } from "../../state/toasts.ts";
import { save } from "./conversation.tsx";

/** Pictures as thumbnails that can be enlarged, other files by name. */
export function Attachments({ attachments }: { attachments: readonly Attachment[] }) {
  return (
    <div class="attachments">
      {attachments.map((attachment) =>
        attachment.type === "image" && attachment.file_id ? (
          <Picture key={attachment.file_id} attachment={attachment} />
        ) : (
          <Document key={attachment.file_id ?? attachment.url} attachment={attachment} />
        ),
      )}
    </div>
  );
}

function Picture({ attachment }: { attachment: Attachment }) {
  const [large, setLarge] = useState(false);
  const name = attachment.filename ?? t("picture");
  const root = `api/v1/files/${attachment.file_id}`;
  return (
    <>
      <button
        type="button"
        class="thumbnail"
        aria-label={t("enlarge", { name })}
        onClick={() => setLarge(true)}
      >
        <AuthImage path={`${root}/thumbnail`} alt={name} />
      </button>
      {large && (
        <Dialog title={name} wide onClose={() => setLarge(false)}>
          <AuthImage path={`${root}/download`} alt={name} />
        </Dialog>
      )}
    </>
  );
}

function Document({ attachment }: { attachment: Attachment }) {
  const name = attachment.filename ?? attachment.url ?? t("file");
  const load = () =>
    attempt(async () => save(await client().blob(`api/v1/files/${attachment.file_id}/download`), name));
  return (
    <button type="button" class="document" disabled={attachment.file_id === undefined} onClick={load}>
      <Icon name="files" size={18} />
      <span>{name}</span>
      {attachment.size !== undefined && <small>{size(attachment.size)}</small>}
    </button>
  );
}
