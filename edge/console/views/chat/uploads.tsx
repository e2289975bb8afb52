import { useRef, useState } from "preact/hooks";
import type { UploadedFile } from "../../../client/index.ts";
import { IconButton } from "../../parts/button.tsx";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { toastError } from "../../state/toasts.ts";

/** A file on its way to the server, 0..1; `file` once it is there. */
export interface Upload {
  key: number;
  name: string;
  progress: number;
  file: UploadedFile | undefined;
  abort: AbortController;
}

let last = 0;

/** Files that will go out with the next message. */
export function useUploads() {
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const alive = useRef(true);
  const change = (key: number, by: Partial<Upload>) =>
    setUploads((all) => all.map((one) => (one.key === key ? { ...one, ...by } : one)));
  const remove = (key: number) => {
    uploads.find((one) => one.key === key)?.abort.abort();
    setUploads((all) => all.filter((one) => one.key !== key));
  };
  const begin = async (source: File) => {
    const key = ++last;
    const abort = new AbortController();
    setUploads((all) => [...all, { key, name: source.name, progress: 0, file: undefined, abort }]);
    try {
      const file = await client().upload(source, {
        signal: abort.signal,
        onProgress: (sent, total) => change(key, { progress: sent / total }),
      });
      change(key, { file, progress: 1 });
    } catch (error) {
      if (abort.signal.aborted || !alive.current) return;
      setUploads((all) => all.filter((one) => one.key !== key));
      toastError(error);
    }
  };
  const add = (files: readonly File[]) => {
    for (const file of files.slice(0, 16)) void begin(file);
  };
  return { uploads, add, remove, clear: () => setUploads([]) };
}

/** The files, each with its progress and a way to take it out. */
export function Uploads({
  uploads,
  onRemove,
}: {
  uploads: readonly Upload[];
  onRemove: (key: number) => void;
}) {
  if (uploads.length === 0) return null;
  return (
    <ul class="uploads">
      {uploads.map(({ key, name, progress, file }) => (
        <li key={key}>
          <span>{name}</span>
          {file === undefined && <progress max={1} value={progress} aria-label={t("uploading", { name })} />}
          <IconButton icon="close" label={t("removeFile", { name })} onClick={() => onRemove(key)} />
        </li>
      ))}
    </ul>
  );
}
