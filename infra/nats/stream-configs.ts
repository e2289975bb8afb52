import { DiscardPolicy, PersistMode, RetentionPolicy, StorageType } from "@nats-io/jetstream";
import { nanos } from "nats";
import type { Limits } from "../../schemas/limits.ts";
import { streams, subjects } from "../../schemas/messages/subjects.ts";
import type { WantedStream } from "./streams.ts";

const minute = 60_000;
const day = 24 * 60 * minute;
const MiB = 1024 * 1024;

/**
 * Consumer limit of a partitioned stream. Each actor process reads each of its partitions through one, and
 * those of a killed process remain until they expire: a dozen processes that restart together reach the
 * server's default of 1,000.
 */
const partitionConsumers = 20_000;

/** Duplicate window of `Nats-Msg-Id`, ms. */
export const duplicateWindowMs = 2 * minute;

/** Duplicate window of commands to devices: an interrupted run may continue much later, ms. */
const commandWindowMs = 60 * minute;

/**
 * SESSIONS: accepted, unfinished messages only. A full subject refuses the next message (10077), so
 * `max_msgs_per_subject` limits a session's queue. No max_age: accepted messages must not expire.
 */
export function sessionsStreamConfig(limits: Limits): WantedStream {
  return {
    name: streams.sessions,
    max_consumers: partitionConsumers,
    subjects: [subjects.sessionInAll],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
    max_msgs_per_subject: limits.sessionQueue,
    duplicate_window: nanos(duplicateWindowMs),
    allow_direct: true,
  };
}

/**
 * OUT: frames for devices, in memory for two minutes, so that a reconnecting device can resume. `republish`
 * passes each stored frame to core NATS with its sequence and the previous one on the same subject.
 */
export function outStreamConfig(): WantedStream {
  return {
    name: streams.out,
    subjects: [subjects.outUserAll, subjects.outLife],
    retention: RetentionPolicy.Limits,
    storage: StorageType.Memory,
    discard: DiscardPolicy.Old,
    max_age: nanos(duplicateWindowMs),
    max_bytes: 256 * MiB,
    duplicate_window: nanos(duplicateWindowMs),
    allow_direct: true,
    republish: { src: subjects.outUserAll, dest: subjects.liveUserTemplate },
  };
}

/**
 * BRIDGE: replies queued for their chat platform, removed once accepted. Replies not delivered within a day
 * are obsolete.
 */
export function bridgeStreamConfig(): WantedStream {
  return {
    name: streams.bridge,
    subjects: [subjects.bridgeOutAll],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: nanos(day),
    max_bytes: 256 * MiB,
    duplicate_window: nanos(duplicateWindowMs),
  };
}

/** EVENTS: events of the last 30 days, read by other actors with durable consumers. */
export function eventsStreamConfig(): WantedStream {
  return {
    name: streams.events,
    subjects: [subjects.eventAll],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: nanos(30 * day),
    duplicate_window: nanos(duplicateWindowMs),
    allow_direct: true,
  };
}

/**
 * SCHEDULES: messages that the server holds until their time, and due ones not handled yet. A work queue:
 * acknowledged messages are removed.
 */
export function schedulesStreamConfig(): WantedStream {
  return {
    name: streams.schedules,
    subjects: [subjects.scheduleAll],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    allow_msg_schedules: true,
    allow_direct: true,
  };
}

/** RUNS: unfinished runs of automation rules. A full subject refuses the rule's next run. */
export function runsStreamConfig(limits: Limits): WantedStream {
  return {
    name: streams.runs,
    max_consumers: partitionConsumers,
    subjects: [subjects.runInAll],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
    max_msgs_per_subject: limits.ruleRuns,
    duplicate_window: nanos(duplicateWindowMs),
    allow_direct: true,
  };
}

/**
 * DEVICES: messages of devices until stored as their state, for at most a day. It survives a crash of the
 * server, but not always a power failure: syncing thousands of updates a second is too slow. Sequences start
 * at the creation time, so that a recreated stream continues above all earlier ones.
 */
export function devicesStreamConfig(): WantedStream {
  return {
    name: streams.devices,
    max_consumers: partitionConsumers,
    subjects: [subjects.deviceAll],
    subject_transform: { src: subjects.deviceAll, dest: subjects.deviceTarget },
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    persist_mode: PersistMode.Async,
    discard: DiscardPolicy.Old,
    max_age: nanos(day),
    max_bytes: 1024 * MiB,
    // A flooded topic loses its own oldest messages, never those of another.
    max_msgs_per_subject: 512,
    duplicate_window: nanos(duplicateWindowMs),
    allow_direct: true,
  };
}

/**
 * COMMANDS: commands to devices. `republish` passes each stored command to the device's own subject, so a
 * duplicate `Nats-Msg-Id` (a retried step of a rule) is not sent twice.
 */
export function commandsStreamConfig(): WantedStream {
  return {
    name: streams.commands,
    subjects: [subjects.commandOutAll],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: nanos(commandWindowMs),
    max_bytes: 256 * MiB,
    duplicate_window: nanos(commandWindowMs),
    republish: { src: subjects.commandOutAll, dest: subjects.deviceCommandTemplate },
  };
}

/** DISCOVERY: the last unprocessed discovery message of each device. */
export function discoveryStreamConfig(): WantedStream {
  return {
    name: streams.discovery,
    subjects: [subjects.discoveryAll],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_msgs_per_subject: 1,
    max_bytes: 64 * MiB,
    allow_direct: true,
  };
}
