import type { Logger } from "../infra/log.ts";
import type { Settings } from "../schemas/config.ts";
import type { Attachments } from "./attachments.ts";
import type { Confirmations } from "./confirmations.ts";
import type { Dependencies } from "./dependencies.ts";
import type { Router } from "./http/router.ts";
import type { Identity } from "./identity.ts";
import type { Inbox } from "./inbox.ts";
import type { Ingress } from "./ingress.ts";
import type { Hub } from "./live/hub.ts";
import type { EdgeMetrics } from "./metrics.ts";
import type { NatsLink } from "./nats-link.ts";
import type { OpenSockets } from "./open-sockets.ts";
import type { RestClient } from "./rest-client.ts";
import type { Revocations } from "./revocations.ts";
import type { SessionOwner } from "./session-owner.ts";
import type { Uploads } from "./uploads.ts";

/** The parts of one edge, as the surfaces use them. */
export interface Services {
  /** Id of this edge, new at each start. */
  edge: string;
  settings: Settings;
  log: Logger;
  metrics: EdgeMetrics;
  link: NatsLink;
  router: Router;
  identity: Identity;
  rest: RestClient;
  uploads: Uploads;
  attachments: Attachments;
  owner: SessionOwner;
  ingress: Ingress;
  inbox: Inbox;
  hub: Hub;
  confirmations: Confirmations;
  revocations: Revocations;
  /** Open sockets of every surface; told to go when the edge stops or their principal is revoked. */
  sockets: OpenSockets;
  dependencies: Dependencies;
}
