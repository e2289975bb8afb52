import type { RouteClient } from "../infra/bus/route-client.ts";
import type { Lifecycle } from "../infra/lifecycle.ts";
import type { Logger } from "../infra/log.ts";
import type { Settings } from "../schemas/config.ts";
import type { Admission } from "./admission/admission.ts";
import type { UserRates } from "./admission/user-rates.ts";
import type { Router } from "./http/router.ts";
import type { Identity } from "./identity/identity.ts";
import type { Revocations } from "./identity/revocations.ts";
import type { Tickets } from "./identity/tickets.ts";
import type { Hub } from "./live/hub.ts";
import type { PresenceResponder } from "./live/presence.ts";
import type { NatsLink } from "./nats-link.ts";
import type { Dependencies } from "./operations/dependencies.ts";
import type { EdgeMetrics } from "./operations/metrics.ts";
import type { OpenSockets } from "./operations/open-sockets.ts";
import type { Inbox } from "./submit/inbox.ts";
import type { SessionOwnerClient } from "./submit/session-owner-client.ts";
import type { Submit } from "./submit/submit.ts";
import type { Attachments } from "./uploads/attachments.ts";
import type { Uploads } from "./uploads/uploads.ts";

/** The parts of one edge that the surfaces use. */
export interface Services {
  /** Id of this edge, new at each start. */
  edge: string;
  settings: Settings;
  log: Logger;
  metrics: EdgeMetrics;
  /** Where each part registers its close. */
  lifecycle: Lifecycle;
  link: NatsLink;
  router: Router;
  identity: Identity;
  tickets: Tickets;
  admission: Admission;
  /** Message rate of each user, across all edges. */
  rates: UserRates;
  rest: RouteClient;
  uploads: Uploads;
  attachments: Attachments;
  owner: SessionOwnerClient;
  submit: Submit;
  inbox: Inbox;
  hub: Hub;
  presence: PresenceResponder;
  revocations: Revocations;
  /** Open sockets of every surface; closed when the edge stops or their principal is revoked. */
  sockets: OpenSockets;
  dependencies: Dependencies;
}
