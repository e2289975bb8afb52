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

/** What every actor of a process works with; made once in `main.ts`. */
export interface ActorContext extends ProcessContext {
  nc: NatsConnection;
  /** Asks the routes that any process serves. */
  routes: RouteClient;
  /** Everything that this process publishes, requests and receives. */
  bus: Bus;
  js: JetStreamClient;
  jsm: JetStreamManager;
  db: Db;
  models: Models;
  quota: QuotaLedger;
  out: OutPublisher;
  /** Uploaded files, to read. */
  files: UserFiles;
  /** Reads documents in processes of their own. */
  reader: DocumentReader;
  /** Reads pictures in processes of their own. */
  pictures: PictureReader;
  /** What users attach to messages, as models are given it. */
  attachments: AttachmentReader;
  /** Id of this actor process on `actors.alive.<id>`. */
  actorId: string;
}
