import type { AnyFrame } from "../clients/wire-socket.ts";
import { eventually } from "../judge/waiting.ts";
import type { Api, Caller } from "./api.ts";

/** Creates a base of this caller and returns its id. */
export async function newBase(api: Api, caller: Caller, name = "base"): Promise<string> {
  const { status, body, text } = await api.call("POST", "/api/v1/knowledge/bases", caller, { name });
  if (status !== 201) throw new Error(`no base: ${text}`);
  return String(body.id);
}

/** Adds a document, waits until it is indexed or has failed, and returns it. */
export async function addDocument(
  api: Api,
  caller: Caller,
  base: string,
  body: Record<string, unknown>,
  ms = 30_000,
): Promise<AnyFrame> {
  const added = await api.call("POST", `/api/v1/knowledge/bases/${base}/documents`, caller, body);
  if (added.status !== 201) throw new Error(`no document: ${added.text}`);
  return ingested(api, caller, String(added.body.id), ms);
}

/** Waits until a document is indexed or has failed. */
export function ingested(api: Api, caller: Caller, id: string, ms = 30_000): Promise<AnyFrame> {
  return eventually(
    async () => {
      const { body } = await api.call("GET", `/api/v1/knowledge/documents/${id}`, caller);
      const document = body.document as AnyFrame | undefined;
      return document !== undefined && document.status !== "pending" && document;
    },
    ms,
    `the work on document ${id} ends`,
  );
}

/** Searches and returns the chunks found. */
export async function found(
  api: Api,
  caller: Caller,
  query: string,
  more: Record<string, unknown> = {},
): Promise<AnyFrame[]> {
  const { status, body, text } = await api.call("POST", "/api/v1/knowledge/search", caller, {
    query,
    ...more,
  });
  if (status !== 200) throw new Error(`no search: ${text}`);
  return body.chunks as AnyFrame[];
}
