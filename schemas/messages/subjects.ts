import { idPattern } from "../ids.ts";

/** Partitions of a keyed stream. Fixed for life: it is part of the subject of every stored message. */
export const partitionCount = 64;

/** JetStream streams by role. */
export const streams = {
  sessions: "SESSIONS",
  out: "OUT",
  events: "EVENTS",
  bridge: "BRIDGE",
  schedules: "SCHEDULES",
  runs: "RUNS",
  devices: "DEVICES",
  discovery: "DISCOVERY",
  commands: "COMMANDS",
  rejected: "REJECTED",
} as const;

/** Streams of nats-server's MQTT: retained messages, messages with QoS 1 on their way, sessions. */
export const mqttStreams = {
  retained: "$MQTT_rmsgs",
  messages: "$MQTT_msgs",
  sessions: "$MQTT_sess",
} as const;

/** Partitions of the streams of runs and of devices. The latter is the server's, by its transform. */
export const runPartitionCount = 8;
export const devicePartitionCount = 16;

function token(value: string): string {
  if (!idPattern.test(value)) throw new RangeError(`not a subject token: ${JSON.stringify(value)}`);
  return value;
}

/** FNV-1a (32 bit) of a text's UTF-8 bytes; the same function nats-server uses for `partition()`. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The partition of a session, 0 … 63. */
export function sessionPartition(user: string, session: string): number {
  return fnv1a(`${user}.${session}`) % partitionCount;
}

/** Subjects, built and read here alone. */
export const subjects = {
  /** Everything that enters a session's queue. */
  sessionIn: (user: string, session: string) =>
    `session.in.${sessionPartition(user, session)}.${token(user)}.${token(session)}`,
  sessionInPartition: (partition: number) => `session.in.${partition}.>`,
  sessionInOfUser: (user: string) => `session.in.*.${token(user)}.*`,
  sessionInAll: "session.in.>",
  sessionAskAll: "session.ask.*",
  actorAliveAll: "actors.alive.*",

  /** A user's frames: published to `out.user`, read live from `live.user`. */
  outUser: (user: string) => `out.user.${token(user)}`,
  outUserAll: "out.user.*",
  /** The name of the present life of the stream of frames; it is lost with what the stream holds. */
  outLife: "out.life",
  liveUser: (user: string) => `live.user.${token(user)}`,
  liveUserTemplate: "live.user.{{wildcard(1)}}",
  /** Answers to one request or one socket of one edge. */
  outEdge: (edge: string, request: string) => `out.edge.${token(edge)}.${token(request)}`,

  /** Turns without a session (`/v1`), and the edge's continuing interest in them. */
  turnStateless: "turn.stateless",
  turnCancel: (request: string) => `turn.cancel.${token(request)}`,
  turnCancelAll: "turn.cancel.*",
  edgeInterest: (edge: string) => `edge.interest.${token(edge)}`,
  edgeInterestAll: "edge.interest.*",

  /** What has happened, for any actor that wants to know. */
  eventTurnCompleted: (user: string) => `event.turn.completed.${token(user)}`,
  eventUserDeleted: (user: string) => `event.user.deleted.${token(user)}`,
  eventAll: "event.>",
  bridgeOutAll: "bridge.out.>",
  /** Requests of bridges about bindings; word of a changed one; word of a bot's newer connection. */
  bridgeAsk: "bridge.ask",
  scheduleAll: "schedule.>",
  /** Names what the stream of schedules holds; it is lost with it. */
  scheduleLife: "schedule.life",

  /** Runs of automation rules that are not finished, and requests to the owner of a partition of them. */
  runIn: (user: string, rule: string) =>
    `automation.in.${runPartitionOf(user, rule)}.${token(user)}.${token(rule)}`,
  runInPartition: (partition: number) => `automation.in.${partition}.>`,
  runInAll: "automation.in.>",

  /** What a user's devices publish and get, below `device.<user>.`; stored as `telemetry.<p>.<user>.…`, partitioned by the server. */
  deviceUpdate: (user: string, device: string) => `device.${token(user)}.${token(device)}.update`,
  deviceAll: "device.*.>",
  deviceCommand: (user: string, device: string) => `device.${token(user)}.${token(device)}.command`,
  commandOutOfUser: (user: string) => `command.${token(user)}.>`,
  commandOutAll: "command.*.>",
  deviceCommandTemplate: "device.{{wildcard(1)}}.>",
  deviceTarget: `telemetry.{{partition(${devicePartitionCount},1)}}.{{wildcard(1)}}.>`,
  deviceStoredOfUser: (user: string) => `telemetry.*.${token(user)}.>`,
  devicePartition: (partition: number) => `telemetry.${partition}.>`,
  /** What the devices of a user may publish, and subscribe to. MQTT's `x/#` is a subscription to `x` as well. */
  devicePublishes: (user: string) => [`device.${token(user)}.>`, `homeassistant.*.${token(user)}.*.config`],
  deviceSubscribes: (user: string) => [`device.${token(user)}`, `device.${token(user)}.>`],
  /** nats-server's own: deliveries to MQTT clients, retained messages and stored messages of a user's topics, sessions. */
  mqttDeliveries: "$MQTT.sub.>",
  mqttRetained: (user: string) => [
    `$MQTT.rmsgs.device.${token(user)}.>`,
    `$MQTT.rmsgs.homeassistant.*.${token(user)}.>`,
  ],
  mqttMessages: (user: string) => `$MQTT.msgs.device.${token(user)}.>`,
  mqttSessions: "$MQTT.sess.>",
  /** What nats-server has dropped of a user's devices; see `deviceRefused` in the table. */
  deviceRefused: (user: string) => `refused.device.${token(user)}`,
  /** Where nats-server asks whether somebody may connect (NATS auth callout). */
  deviceLogin: "$SYS.REQ.USER.AUTH",
  /** Requests to nats-server's system account: who is connected, and the end of a connection. */
  serverConnections: "$SYS.REQ.SERVER.PING.CONNZ",
  /** Settings of all servers of a cluster. */
  serverVariables: "$SYS.REQ.SERVER.PING.VARZ",
  serverKick: (server: string) => `$SYS.REQ.SERVER.${token(server)}.KICK`,
  discoveryAll: "homeassistant.*.*.*.config",
  eventDevicesUpdated: (user: string) => `event.device.updated.${token(user)}`,

  /** All that has happened to a user: the last token of an event is whose it is. */
  eventsOfUser: (user: string) => [`event.*.${token(user)}`, `event.*.*.${token(user)}`],
  presence: (user: string) => `presence.of.${token(user)}`,

  /** The pieces of an object in an object store, of one or of all. */
  objectPieces: (bucket: string, nuid: string) => `$O.${token(bucket)}.C.${nuid}`,
  objectPiecesAll: (bucket: string) => `$O.${token(bucket)}.C.>`,

  /** REST requests: `rest.<area>.<name>`, the name comes from the route table. */
  rest: (area: string, name: string) => `rest.${token(area)}.${token(name)}`,
} as const;

/** The account of the NATS server in which everybody is, devices too: an MQTT topic is a subject of its client's account. */
export const natsAccount = "PARLEY";

/** What schedules are for. */
export type ScheduleKind = "reminder" | "rule" | "hold" | "sweep";

/** Queue group of the session actors for turns without a session. */
export const turnQueueGroup = "turns";

/** Last token of the subject on which changes of a session's queue are stored. */
export const queueToken = "queue";

/**
 * The session of a `session.in` subject, and whether it carries queue changes; null for any other subject.
 */
export function parseSessionIn(
  subject: string,
): { user: string; session: string; isQueueChange: boolean } | null {
  const [root, kind, , user, session, last, ...rest] = subject.split(".");
  if (root !== "session" || kind !== "in" || user === undefined || session === undefined) return null;
  if (rest.length > 0 || (last !== undefined && last !== queueToken)) return null;
  return { user, session, isQueueChange: last === queueToken };
}

/** The last token of a subject: the request of `out.edge`, the process of `actors.alive`. */
export function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf(".") + 1);
}

/** The partition of a user's devices: the same function as the server's `partition()` over the user's token. */
export function devicePartitionOf(user: string): number {
  return fnv1a(user) % devicePartitionCount;
}

/** User and topic below `device/<user>/` of a stored device message; null for any other subject. */
export function parseDeviceIn(subject: string): { user: string; topic: string } | null {
  const [root, , user, ...rest] = subject.split(".");
  if (root !== "telemetry" || user === undefined || rest.length === 0 || !idPattern.test(user)) return null;
  return { user, topic: rest.map(levelOf).join("/") };
}

/** A level of an MQTT topic from a subject's token: nats-server writes a dot as `//` and an empty level as `/`. */
function levelOf(part: string): string {
  return part === "/" ? "" : part.replaceAll("//", ".");
}

/** The subject of an MQTT topic, as nats-server writes it. @throws RangeError for a topic that no client may publish */
export function subjectOfTopic(topic: string): string {
  if (topic === "" || /[\s#+*>]/.test(topic)) throw new RangeError(`not a topic: ${JSON.stringify(topic)}`);
  return topic
    .split("/")
    .map((level) => (level === "" ? "/" : level.replaceAll(".", "//")))
    .join(".");
}

/** Component, user and object id of a Home Assistant discovery subject. */
export function parseDiscovery(subject: string): { component: string; user: string; object: string } | null {
  const [, component, user, object] = subject.split(".");
  if (component === undefined || user === undefined || object === undefined) return null;
  return idPattern.test(user) && idPattern.test(object) ? { component, user, object } : null;
}

/** The partition of a rule's runs. */
export function runPartitionOf(user: string, rule: string): number {
  return fnv1a(`${user}.${rule}`) % runPartitionCount;
}

/** `{user, rule}` of a run's subject; null for any other subject. */
export function parseRunIn(subject: string): { user: string; rule: string } | null {
  const [root, kind, , user, rule, ...rest] = subject.split(".");
  if (root !== "automation" || kind !== "in" || user === undefined || rule === undefined || rest.length > 0)
    return null;
  return { user, rule };
}

/** Kind and user of an event's subject; null for any other subject. */
export function parseEvent(subject: string): { name: string; user: string } | null {
  const [root, ...rest] = subject.split(".");
  const user = rest.pop();
  if (root !== "event" || user === undefined || rest.length === 0) return null;
  return { name: rest.join("."), user };
}

/** Names of the events that rules understand by themselves. */
export const eventNames = {
  turnCompleted: "turn.completed",
  devicesUpdated: "device.updated",
  notification: "notification",
} as const;
