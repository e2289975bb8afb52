import { DiscardPolicy, PersistMode, RetentionPolicy, StorageType } from "@nats-io/jetstream";
import { nanos } from "nats";
import type { Limits } from "../../schemas/limits.ts";
import { streams, subjects } from "../../schemas/messages/subjects.ts";
import type { WantedStream } from "./streams.ts";

const minute = 60_000;
const day = 24 * 60 * minute;
const MiB = 1024 * 1024;

/**
 * Consumers that a partitioned stream may have. Each actor process reads each of its partitions through one, and those of
 * a process that was killed linger: the server's default of 1,000 is met by a dozen processes that start again at once.
 */
const partitionConsumers = 20_000;

/** How long the server remembers a `Nats-Msg-Id`, ms. */
export const duplicateWindowMs = 2 * minute;

/** The same for commands to devices: a run that was interrupted may go on much later, ms. */
const commandWindowMs = 60 * minute;

/**
 * SESSIONS: what is accepted and not finished, and nothing else. A full subject refuses the next message (10077), which
 * makes `max_msgs_per_subject` the bound of a session's queue. No age: nothing accepted may go away by itself.
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
 * OUT: frames on their way to devices, in memory for two minutes so that a device that lost its connection can resume.
 * `republish` hands each stored frame to core NATS with its sequence and the one before it on the same subject.
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
 * BRIDGE: replies that wait for their chat platform; each goes when the platform has taken it. What could not be
 * delivered for a day is no answer any more.
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

/** EVENTS: what has happened, for 30 days, read by other actors with durables of their own. */
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
 * SCHEDULES: messages that the server holds until their time, and what is due and not handled. A work queue: what was
 * handled leaves it.
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

/** RUNS: runs of automation rules that are not finished. A rule with too many of them refuses the next. */
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
 * DEVICES: what devices have published, until it is stored as their state; a day of it where nobody stores it. It outlives
 * the server's death, though not surely a power cut: a sync for each of thousands of updates a second is out of reach.
 * Sequences begin at the time of its making, so that those of a stream made anew are higher than all before.
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
    // One topic that is flooded loses its own oldest messages, never those of another.
    max_msgs_per_subject: 512,
    duplicate_window: nanos(duplicateWindowMs),
    allow_direct: true,
  };
}

/**
 * COMMANDS: what devices are told. `republish` hands each stored command to the device's own subject, so one whose
 * `Nats-Msg-Id` came before (a step of a rule that is made again) does not go out a second time.
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

/** DISCOVERY: the last discovery message of each device that nobody has taken yet. */
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
