import type { Capability } from "../../../schemas/documents/model-settings.ts";
import { type ChatMessage, isImagePart } from "../../../schemas/wire/openai.ts";
import type { ModelCall } from "../model.ts";
import type { ProviderError } from "../provider-error.ts";

/** Capabilities of a model; unset = unknown, so it is tried. */
export type Capabilities = Partial<Record<Capability, boolean>>;

/** Stores which capabilities models lack; provided by the creator of the drivers. */
export interface CapabilityMemory {
  /** Configured and learned capabilities. */
  known(): Capabilities;
  /** Stores that the model rejected it. */
  learn(capability: Capability): void;
}

const words: Record<Capability, RegExp> = {
  stream_options: /stream_?options|include_usage/,
  tools: /\btools?\b|tool_(choice|call|use)|function[ _-]?call|\bfunctions\b/,
  images: /image|vision|visual|multi-?modal|picture/,
  repeated_roles: /alternat|consecutive|in a row|same role|roles?\b.{0,40}(repeat|twice|follow)/,
  system_role: /\bsystem\b|\bdeveloper\b|\broles?\b/,
};

/** An invalid picture says nothing about the model's capabilities. */
const badPicture =
  /decod|corrupt|download|fetch|too (large|big|small)|dimension|resolution|pixel|format|mime|base64/;
const notTaken =
  /support|accept|allow|only|capab|unknown variant|modalit|must be a string|valid string|not a/;

/**
 * The capability to drop when a rejected request is retried; undefined when the error names nothing the
 * request used. Tools of a `/v1` client are never dropped: the client gets the error.
 */
export function refusedCapability(
  error: ProviderError,
  call: ModelCall,
  known: Capabilities,
): Capability | undefined {
  if (error.contextLength || (error.status !== 400 && error.status !== 422)) return undefined;
  const hasSystem = call.messages.some(({ role }) => isSystem(role));
  const sent: Record<Capability, boolean> = {
    stream_options: true,
    tools: call.own === true && call.params.tools !== undefined,
    images: call.messages.some(hasImage),
    repeated_roles: call.own !== true && repeatsRoles(call.messages),
    system_role: hasSystem,
  };
  // Capabilities set by the administrator are not learned.
  const open = (Object.keys(words) as Capability[]).filter((one) => sent[one] && known[one] === undefined);
  const named = open.find((one) => error.says(words[one]) && (one !== "images" || refusesImages(error)));
  // Templates without a system role may report it as a violation of alternating roles.
  return named ?? open.find((one) => one === "system_role" && error.says(words.repeated_roles));
}

function refusesImages(error: ProviderError): boolean {
  return error.says(notTaken) && !error.says(badPicture);
}

/** Whether a message contains an image. */
export function hasImage({ content }: ChatMessage): boolean {
  return Array.isArray(content) && content.some(isImagePart);
}

function isSystem(role: ChatMessage["role"]): boolean {
  return role === "system" || role === "developer";
}

function repeatsRoles(messages: readonly ChatMessage[]): boolean {
  return messages.some(({ role }, index) => {
    const before = messages[index - 1]?.role;
    return role === before && (role === "user" || role === "assistant");
  });
}
