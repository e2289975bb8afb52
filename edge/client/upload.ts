import { RequestError } from "./request-error.ts";
import type { Answer } from "./rest.ts";

/** Options of an upload. */
export interface UploadOptions {
  filename?: string;
  /** Called with the sent and the total bytes. */
  onProgress?: (sent: number, total: number) => void;
  signal?: AbortSignal;
}

/** An uploaded file. */
export type UploadedFile = Answer<"uploadFile">;

/** The used part of XMLHttpRequest: in browsers only it reports upload progress. */
interface BrowserRequest {
  readonly status: number;
  readonly responseText: string;
  readonly upload: { onprogress: ((event: { loaded: number; total: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getResponseHeader(name: string): string | null;
  send(body: unknown): void;
  abort(): void;
}

/** Sends `body` as a multipart form to `url`. @throws RequestError */
export function upload(
  url: string,
  token: string,
  body: Blob,
  { filename = "file", onProgress, signal }: UploadOptions,
): Promise<UploadedFile> {
  signal?.throwIfAborted();
  const { XMLHttpRequest: Request } = globalThis as { XMLHttpRequest?: new () => BrowserRequest };
  const form = new FormData();
  form.append("file", body, filename);
  if (Request === undefined) return viaFetch(url, token, form, { onProgress, signal });
  return new Promise((resolve, reject) => {
    const request = new Request();
    const answered = (init: ResponseInit) => new Response(request.responseText, init);
    request.open("POST", url);
    request.setRequestHeader("authorization", `Bearer ${token}`);
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(loaded, total);
    request.onerror = () => reject(RequestError.unreachable(undefined));
    request.onabort = () => reject(signal?.reason);
    request.onload = () => {
      if (request.status < 300) return resolve(JSON.parse(request.responseText) as UploadedFile);
      const after = request.getResponseHeader("retry-after");
      const headers = new Headers(after === null ? {} : { "retry-after": after });
      void RequestError.of(answered({ status: request.status, headers })).then(reject);
    };
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** The form is encoded once and sent in chunks, counted as they are consumed. */
async function viaFetch(
  url: string,
  token: string,
  form: FormData,
  { onProgress, signal }: Pick<UploadOptions, "onProgress" | "signal">,
): Promise<UploadedFile> {
  const encoded = new Response(form);
  const type = encoded.headers.get("content-type") ?? "";
  const bytes = new Uint8Array(await encoded.arrayBuffer());
  const piece = 64 * 1024;
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent > 0) onProgress?.(sent, bytes.length);
      if (sent >= bytes.length) return controller.close();
      const part = bytes.subarray(sent, sent + piece);
      sent += part.length;
      controller.enqueue(part);
    },
  });
  const headers = { authorization: `Bearer ${token}`, "content-type": type };
  const init = { method: "POST", headers, body, duplex: "half", ...(signal && { signal }) };
  const response = await fetch(url, init as RequestInit).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw RequestError.unreachable(cause);
  });
  if (!response.ok) throw await RequestError.of(response);
  return (await response.json()) as UploadedFile;
}
