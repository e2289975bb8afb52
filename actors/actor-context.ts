import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import type { Db } from "mongodb";
import type { NatsConnection } from "nats";
import type { Bus } from "../infra/bus/bus.ts";
import type { RouteClient } from "../infra/bus/route-client.ts";
import type { ProcessContext } from "../infra/process-context.ts";
import type { AttachmentReader } from "./attachments/attachment-reader.ts";
import type { OutPublisher } from "./egress/out-publisher.ts";
import type { DocumentReader } from "./extraction/document-reader.ts";
import type { UserFiles } from "./files/user-files.ts";
import type { PictureReader } from "./images/picture-reader.ts";
import type { Models } from "./models/model.ts";
import type { QuotaLedger } from "./quota/quota-ledger.ts";

/** Shared dependencies of all actors of a process; created once in `main.ts`. */
export interface ActorContext extends ProcessContext {
  nc: NatsConnection;
  /** Client of the routes served by any process. */
  routes: RouteClient;
  /** Everything that this process publishes, requests and receives. */
  bus: Bus;
  js: JetStreamClient;
  jsm: JetStreamManager;
  db: Db;
  models: Models;
  quota: QuotaLedger;
  out: OutPublisher;
  /** Read access to uploaded files. */
  files: UserFiles;
  /** Reads documents in sandboxed processes. */
  reader: DocumentReader;
  /** Reads images in sandboxed processes. */
  pictures: PictureReader;
  /** Prepares message attachments for models. */
  attachments: AttachmentReader;
  /** Id of this actor process on `actors.alive.<id>`. */
  actorId: string;
}
