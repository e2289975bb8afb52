import { z } from "zod";
import { idPattern } from "../ids.ts";
import type { Limits } from "../limits.ts";

/** A process or room that publishes or listens, as `docs/messages.md` names it. */
export type Party =
  | "edge"
  | "actors"
  | "account"
  | "admin"
  | "automation"
  | "bindings"
  | "bridge"
  | "commands"
  | "devices"
  | "device"
  | "knowledge"
  | "mcp"
  | "memory"
  | "models"
  | "nats-server"
  | "notifications"
  | "reminders"
  | "search"
  | "session"
  | "stateless"
  | "voice";

/** Names of the `{tokens}` in a subject; `{name>}` stands for one token or more at its end. */
export type Tokens<Subject extends string> = Subject extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${infer Tail}>` ? Tail : Name) | Tokens<Rest>
  : never;

/** A value for each token of a subject. */
export type Address<Subject extends string> = { readonly [Name in Tokens<Subject>]: string | number };

/** What every message of the table has. */
export interface Definition<Subject extends string = string, Message extends z.ZodType = z.ZodType> {
  /** Unique name: label of its metrics, heading in `docs/messages.md`. */
  name: string;
  /** What it says, in one or two sentences. */
  doc: string;
  /** Subject with `{name}` for each token that varies. */
  subject: Subject;
  message: Message;
  /** `text`: the payload is no JSON, and the schema is that of a string. */
  encoding?: "text";
  publishers: readonly Party[];
  listeners: readonly Party[];
  /** Tokens of the subject; without it they are the message's fields of the same names. */
  key?: (message: z.input<Message>) => Address<Subject>;
  /** Why its receivers read it without running the schema, where a hot path must not. */
  raw?: string;
}

/**
 * A message that a stream stores. `log`: each has one reader, and leaves the stream when it was handled. `event`: any
 * number of consumers read it, each at its own pace.
 */
export interface StoredMessage<Subject extends string = string, Message extends z.ZodType = z.ZodType>
  extends Definition<Subject, Message> {
  kind: "log" | "event";
  /** Name of the stream. */
  stream: string;
  /** `Nats-Msg-Id`: the server stores one of several with the same id within the stream's window. */
  id?: (message: z.input<Message>) => string | undefined;
}

/** A message that one process answers. */
export interface Request<
  Subject extends string = string,
  Message extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> extends Definition<Subject, Message> {
  kind: "request";
  answer: Answer;
  /** `text`: the answer is no JSON, and its schema is that of a string. */
  answerEncoding?: "text";
  /** Queue group in which processes share the requests; without it each server answers those of its own address. */
  queue?: string;
  /** Time for one answer, ms, or the limit that sets it. */
  timeout: number | keyof Limits;
  /** Nobody answers while the subject changes hands: the request is repeated for this long, ms. */
  retryMs?: number | keyof Limits;
}

/** A message on core NATS that nobody stores: every listener that is connected gets it once, or never. */
export interface Signal<Subject extends string = string, Message extends z.ZodType = z.ZodType>
  extends Definition<Subject, Message> {
  kind: "signal";
  /** Queue group in which listeners share it; without it each gets every one. */
  queue?: string;
}

/** Every kind of entry of the table. */
export type AnyMessage = StoredMessage | Request | Signal;

/** Declares a message that is stored until its reader has handled it. */
export function defineLog<Subject extends string, Message extends z.ZodType>(
  entry: Omit<StoredMessage<Subject, Message>, "kind">,
): StoredMessage<Subject, Message> {
  return { ...entry, kind: "log" };
}

/** Declares a stored message for any number of consumers. */
export function defineEvent<Subject extends string, Message extends z.ZodType>(
  entry: Omit<StoredMessage<Subject, Message>, "kind">,
): StoredMessage<Subject, Message> {
  return { ...entry, kind: "event" };
}

/** Declares a request and its answer. */
export function defineRequest<Subject extends string, Message extends z.ZodType, Answer extends z.ZodType>(
  entry: Omit<Request<Subject, Message, Answer>, "kind">,
): Request<Subject, Message, Answer> {
  return { ...entry, kind: "request" };
}

/** Declares a message that is not stored. */
export function defineSignal<Subject extends string, Message extends z.ZodType>(
  entry: Omit<Signal<Subject, Message>, "kind">,
): Signal<Subject, Message> {
  return { ...entry, kind: "signal" };
}

/** A message as its payload. */
export function encode({ encoding }: { encoding?: "text" | undefined }, message: unknown): string {
  return encoding === "text" ? String(message) : JSON.stringify(message);
}

/** Payload of a message that says everything by its subject. */
export const emptySchema = z.object({});

const tokenPattern = /\{(\w+)(>?)\}/g;
const tailPattern = /^[^\s.*>]+(\.[^\s.*>]+)*$/;

/** The subject of a message at an address. @throws RangeError for a value that is no subject token */
export function subjectOf<Subject extends string>(
  { subject }: Pick<Definition<Subject>, "subject">,
  address: Address<Subject>,
): string {
  return subject.replace(tokenPattern, (_, name: string, tail: string) => {
    const value = (address as Record<string, unknown>)[name];
    if (value === undefined || !(tail === "" ? idPattern : tailPattern).test(String(value)))
      throw new RangeError(`not a subject token: ${name} = ${JSON.stringify(value)}`);
    return String(value);
  });
}

/** The filter for all messages of an entry, or for those with the given tokens. */
export function filterOf<Subject extends string>(
  { subject }: Pick<Definition<Subject>, "subject">,
  address: Partial<Address<Subject>> = {},
): string {
  return subject.replace(tokenPattern, (token, name: string, tail: string) => {
    if ((address as Record<string, unknown>)[name] === undefined) return tail === "" ? "*" : ">";
    return subjectOf({ subject: token }, address as Record<string, string>);
  });
}

/** The tokens of a concrete subject, or null when the subject does not match. */
export function tokensOf<Subject extends string>(
  { subject }: Pick<Definition<Subject>, "subject">,
  concrete: string,
): Record<Tokens<Subject>, string> | null {
  const parts = subject.split(".");
  const values = concrete.split(".");
  const tail = /\{(\w+)>\}$/.exec(subject)?.[1];
  if (tail === undefined ? parts.length !== values.length : parts.length > values.length) return null;
  const tokens: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const value = values[index] ?? "";
    if (part.startsWith("{")) tokens[part.slice(1, -1)] = value;
    else if (part !== value) return null;
  }
  if (tail !== undefined) {
    delete tokens[`${tail}>`];
    tokens[tail] = values.slice(parts.length - 1).join(".");
  }
  return tokens as Record<Tokens<Subject>, string>;
}
