import { createHash, randomBytes } from "node:crypto";
import type { AnyFrame } from "../clients/wire-socket.ts";
import type { Api, Caller, Reply } from "../worlds/api.ts";
import { mintToken } from "../worlds/token.ts";

/** A file to upload. */
export interface TestFile {
  name: string;
  type: string;
  bytes: Uint8Array | string;
}

/** A one-pixel PNG. */
export const tinyPng = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** Uploads a file in a form, as a browser does. */
export async function upload(
  api: Api,
  caller: Caller,
  file: TestFile,
  path = "/api/v1/files/upload",
  field = "file",
) {
  const form = new FormData();
  form.set(field, new Blob([Buffer.from(file.bytes as Uint8Array)], { type: file.type }), file.name);
  return replyOf(await fetch(url(api, path), { method: "POST", headers: headersOf(caller), body: form }));
}

/** Uploads a file and returns its id. @throws Error when it is rejected */
export async function uploaded(api: Api, caller: Caller, file: TestFile): Promise<string> {
  const { status, text, body } = await upload(api, caller, file);
  if (status !== 201) throw new Error(`${status} ${text}`);
  return body.id as string;
}

/** A GET with custom headers; the body as bytes. */
export async function getBytes(api: Api, caller: Caller, path: string, headers: Record<string, string> = {}) {
  const response = await fetch(url(api, path), { headers: { ...headersOf(caller), ...headers } });
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}

/** A unique text file of exactly this many bytes. */
export function textOfSize(bytes: number): Uint8Array {
  const line = Buffer.from(`${randomBytes(32).toString("hex")}\n`);
  return Buffer.alloc(bytes, line);
}

/** SHA-256 in hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** URL of a path on the first running edge. */
export function url(api: Api, path: string): string {
  return `http://127.0.0.1:${api.system.ports()[0]}${path}`;
}

function headersOf(caller: Caller): Record<string, string> {
  if (caller === null) return {};
  return { authorization: `Bearer ${"token" in caller ? caller.token : mintToken(caller.user)}` };
}

async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const json = response.headers.get("content-type")?.startsWith("application/json");
  const body = (json ? JSON.parse(text) : {}) as AnyFrame;
  return { status: response.status, headers: response.headers, text, body };
}
