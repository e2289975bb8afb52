import type { NatsConnection } from "nats";
import { openBulkStore } from "../../infra/nats/bulk-store.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { FileAnswer } from "../../schemas/routes/route.ts";
import type { AnswerHeaders, Exchange } from "./exchange.ts";

/**
 * Answers a file to save: its text, or an object, which is read no faster than the client does.
 * @throws ParleyError `not_found` when the object has gone
 */
export async function sendFile(exchange: Exchange, nc: NatsConnection, file: FileAnswer): Promise<void> {
  const headers: AnswerHeaders = {
    "content-type": file.type,
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`,
    // It is the user's text, whatever it looks like.
    "content-security-policy": "default-src 'none'; sandbox",
  };
  if (file.object === undefined) return exchange.send(200, file.text ?? "", headers);
  const object = await (await openBulkStore(nc)).get(file.object);
  if (object === null) throw new ParleyError("not_found");
  if (exchange.head.method === "HEAD") return exchange.send(200, undefined, headers);
  // A failure also ends the reading below with a throw, and then the connection is dropped: a cut file must not look whole.
  object.error.catch(() => {});
  exchange.begin(200, headers);
  for await (const part of object.data) {
    if (exchange.over) return;
    if (!exchange.write(part)) await exchange.drained();
  }
  exchange.end();
}
