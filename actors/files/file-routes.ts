import { type FileDocument, type FileView, fileUrl, thumbnailUrl } from "../../schemas/documents/file.ts";
import { ParleyError } from "../../schemas/errors.ts";
import * as routes from "../../schemas/routes/files.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../requests/rest.ts";
import type { FileStore } from "./file-store.ts";
import type { Intake } from "./intake.ts";
import { placeholder } from "./placeholder.ts";
import type { Thumbnails } from "./thumbnails.ts";

/** Dependencies of the file routes. */
export interface FileDeps {
  store: FileStore;
  intake: Intake;
  thumbnails: Thumbnails;
}

const dayS = 86_400;

/** Serves files, their content and their thumbnails. */
export function serveFileRoutes(
  context: Pick<ActorContext, "nc" | "bus" | "log" | "settings" | "files">,
  { store, intake, thumbnails }: FileDeps,
): void {
  const { files } = context;
  serveRoute(context, routes.uploadFile, async (request) => {
    const file = await intake.take(request.principal.user_id, request.body.file, request);
    const { id, filename, mime_type, size, url, thumbnail_url } = viewOf(file);
    return { id, filename, mime_type, size, url, ...(thumbnail_url !== undefined && { thumbnail_url }) };
  });
  serveRoute(context, routes.listFiles, async ({ principal, query: { page, limit } }) => {
    const found = await store.page(principal.user_id, page, limit);
    return { files: found.files.map(viewOf), total: found.total, page, limit };
  });
  serveRoute(context, routes.getFile, async ({ principal, params }) =>
    viewOf(await files.own(principal.user_id, params.id)),
  );
  serveRoute(context, routes.downloadFile, async ({ principal, params }) => {
    const { filename, mime_type, object, hash } = await files.own(principal.user_id, params.id);
    return { filename, type: mime_type, object, bucket: "files" as const, etag: hash };
  });
  serveRoute(context, routes.fileThumbnail, async ({ principal, params }) => {
    const file = await files.own(principal.user_id, params.id);
    const inline = { inline: true, cache: `public, max-age=${dayS}` };
    const object = isImage(file) ? await thumbnails.of(file) : undefined;
    if (object === undefined)
      return {
        ...inline,
        filename: "thumbnail.svg",
        type: "image/svg+xml",
        text: placeholder(file.mime_type),
      };
    const etag = `thumb-${file.hash}`;
    return {
      ...inline,
      filename: "thumbnail.jpg",
      type: "image/jpeg",
      object,
      bucket: "files" as const,
      etag,
    };
  });
  serveRoute(context, routes.deleteFile, async ({ principal, params }) => {
    if (!(await store.remove(principal.user_id, params.id)))
      throw new ParleyError("not_found", { error: "文件不存在" });
    return { status: "deleted" as const };
  });
}

function viewOf(file: FileDocument): FileView {
  const { _id: id, user_id, filename, mime_type, size, hash, created_at } = file;
  return {
    ...{ id, user_id, filename, mime_type, size, hash, is_public: false },
    ...{ created_at: created_at.getTime(), url: fileUrl(id) },
    ...(isImage(file) && { thumbnail_url: thumbnailUrl(id) }),
  };
}

function isImage({ mime_type }: FileDocument): boolean {
  return mime_type.startsWith("image/");
}
