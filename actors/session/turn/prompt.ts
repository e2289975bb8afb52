import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { Models } from "../../models/model.ts";
import { buildPrompt, type Prompt } from "../prompt/build-prompt.ts";
import type { VisibleTurn } from "../transcript/transcript.ts";
import type { Recalled } from "./recall.ts";

/** Dependencies of the prompt step. */
export interface PromptDeps {
  models: Pick<Models, "contextTokens">;
  systemPrompt: string;
}

/** Builds the messages of the model request. */
export function promptOf(
  { models, systemPrompt }: PromptDeps,
  visible: readonly VisibleTurn[],
  input: SessionInput,
  recalled: Recalled,
): Prompt {
  return buildPrompt({
    systemPrompt,
    visible,
    input,
    recalled,
    attachments: recalled.attachments,
    budget: models.contextTokens(input.model),
  });
}
