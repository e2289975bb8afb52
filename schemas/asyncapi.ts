import type { z } from "zod";
import { jsonSchemaOf } from "./openapi.ts";
import { chatUpgradeQuerySchema, clientFrameSchema, cyberRequestSchema } from "./wire/client-frame.ts";
import { directFrameSchema } from "./wire/direct-frame.ts";
import { chatChunkSchema, openaiErrorSchema } from "./wire/openai.ts";
import { streamFrameSchema } from "./wire/server-frame.ts";

type Json = Record<string, unknown>;
/** A name and the schema of one kind of message. */
type Message = [name: string, schema: z.ZodType];

/** The AsyncAPI 3.0 document of the frames on the WebSockets. */
export function asyncApiDocument(version: string): Json {
  const chat = channelOf("chat", {
    address: "/ws/chat",
    title: "Cyrene chat",
    sent: framesOf(clientFrameSchema, "client"),
    received: [...framesOf(streamFrameSchema, "server"), ...framesOf(directFrameSchema, "answer")],
    bindings: { ws: { method: "GET", query: jsonSchemaOf(chatUpgradeQuerySchema, "input") } },
  });
  const cyber = channelOf("cyber", {
    address: "/{authorization}",
    title: "Cyber Engine",
    sent: [["cyber_request", cyberRequestSchema]],
    received: [
      ["cyber_chunk", chatChunkSchema],
      ["cyber_error", openaiErrorSchema],
    ],
    parameters: { authorization: { description: "A user's JWT or API key (`sk-…`)." } },
  });
  return {
    asyncapi: "3.0.0",
    info: { title: "Parley", version, description: "Frames on the WebSockets of the gateway." },
    defaultContentType: "application/json",
    channels: { ...chat.channels, ...cyber.channels },
    operations: { ...chat.operations, ...cyber.operations },
  };
}

interface Channel {
  address: string;
  title: string;
  sent: Message[];
  received: Message[];
  bindings?: Json;
  parameters?: Json;
}

function channelOf(name: string, { address, title, sent, received, bindings, parameters }: Channel) {
  const messages = Object.fromEntries([
    ...sent.map(([message, schema]) => [message, { payload: jsonSchemaOf(schema, "input") }]),
    ...received.map(([message, schema]) => [message, { payload: jsonSchemaOf(schema, "output") }]),
  ]);
  const operation = (action: "send" | "receive", of: Message[]) => ({
    action,
    channel: { $ref: `#/channels/${name}` },
    messages: of.map(([message]) => ({ $ref: `#/channels/${name}/messages/${message}` })),
  });
  return {
    channels: {
      [name]: { address, title, messages, ...(bindings && { bindings }), ...(parameters && { parameters }) },
    },
    // AsyncAPI describes them as the application does them: it receives what clients send.
    operations: {
      [`${name}_receive`]: operation("receive", sent),
      [`${name}_send`]: operation("send", received),
    },
  };
}

/** The kinds of a union of frames, by their `type`. */
function framesOf(union: z.ZodDiscriminatedUnion, prefix: string): Message[] {
  return union.options.map((option) => {
    const { type } = (option as z.ZodObject).shape as { type: z.ZodLiteral };
    return [`${prefix}_${String(type.value)}`, option as z.ZodType];
  });
}
