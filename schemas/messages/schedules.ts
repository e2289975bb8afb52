import { dueSchema } from "../documents/reminder.ts";
import { defineLog } from "./define.ts";
import { streams } from "./subjects.ts";

/** A schedule and what is due carry the same payload: nats-server publishes the one as the other. */
export const schedule = defineLog({
  name: "schedule.at",
  doc: "A message that nats-server publishes as `schedule.due` when its time has come. One subject, one schedule.",
  subject: "schedule.at.{kind}.{user}.{id}",
  stream: streams.schedules,
  message: dueSchema,
  publishers: ["reminders", "automation", "actors"],
  listeners: ["nats-server"],
});

export const scheduleDue = defineLog({
  name: "schedule.due",
  doc: "The time of a schedule has come.",
  subject: "schedule.due.{kind}.{user}.{id}",
  stream: streams.schedules,
  message: dueSchema,
  publishers: ["nats-server"],
  listeners: ["reminders", "automation", "actors"],
});
