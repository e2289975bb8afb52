import { z } from "zod";
import { actorsAliveSchema, moveAnswerSchema, moveRequestSchema } from "./actors-alive.ts";
import { sessionSurveySchema, socketSurveySchema, surveySchema } from "./admin-survey.ts";
import { clientReportSchema } from "./clients.ts";
import { defineRequest, defineSignal, emptySchema } from "./define.ts";
import { processHealthSchema } from "./process-health.ts";

export const actorsAlive = defineSignal({
  name: "actors.alive",
  doc: "Heartbeat of an actor process, every second: a hint about ownership, never a lock.",
  subject: "actors.alive.{id}",
  message: actorsAliveSchema,
  publishers: ["actors"],
  listeners: ["actors"],
});

export const partitionMove = defineRequest({
  name: "actors.move",
  doc: "Asks the owner of a partition to finish what runs in it and to let go.",
  subject: "actors.move.{process}",
  message: moveRequestSchema,
  answer: moveAnswerSchema,
  timeout: "moveMs",
  publishers: ["actors"],
  listeners: ["actors"],
});

export const processHealth = defineSignal({
  name: "health.actors",
  doc: "Heartbeat of an actor process each second: edges derive from it which services are available.",
  subject: "health.actors.{id}",
  message: processHealthSchema,
  publishers: ["actors"],
  listeners: ["edge"],
});

export const metricsScrape = defineRequest({
  name: "metrics.scrape",
  doc: "Asks all actor processes for their metrics in Prometheus' text format: they have no port.",
  subject: "metrics.scrape",
  message: emptySchema,
  answer: z.string(),
  answerEncoding: "text",
  timeout: "scrapeMs",
  publishers: ["edge"],
  listeners: ["actors"],
});

export const sessionSurvey = defineRequest({
  name: "survey.sessions",
  doc: "Asks all actor processes which sessions they have in memory, and what those do.",
  subject: "survey.sessions",
  message: surveySchema,
  answer: sessionSurveySchema,
  timeout: "surveyMs",
  publishers: ["admin"],
  listeners: ["session"],
});

export const socketSurvey = defineRequest({
  name: "survey.sockets",
  doc: "Asks all edges about their sockets and clients.",
  subject: "survey.sockets",
  message: surveySchema,
  answer: socketSurveySchema,
  timeout: "surveyMs",
  publishers: ["admin"],
  listeners: ["edge"],
});

export const clientReport = defineSignal({
  name: "edge.clients",
  doc: "Clients that an edge has, had, or has lost.",
  subject: "edge.clients",
  message: clientReportSchema,
  queue: "admin",
  publishers: ["edge"],
  listeners: ["admin"],
});

export const rateReport = defineSignal({
  name: "edge.rates",
  doc: "Messages that busy users have sent to one edge since its last report: their rate holds over all edges.",
  subject: "edge.rates",
  message: z.object({
    edge: z.string().describe("Id of the edge."),
    taken: z.record(z.string(), z.int().positive()).describe("Number of messages by user."),
  }),
  publishers: ["edge"],
  listeners: ["edge"],
});

export const modelsChanged = defineSignal({
  name: "models.changed",
  doc: "The administrator has changed providers, models or routes.",
  subject: "models.changed",
  message: emptySchema,
  publishers: ["admin"],
  listeners: ["models"],
});

export const pageCommandsChanged = defineSignal({
  name: "commands.changed",
  doc: "The commands of pages were changed.",
  subject: "commands.changed",
  message: emptySchema,
  publishers: ["commands"],
  listeners: ["commands"],
});
