import type { ChatMessage } from "../../../schemas/wire/openai.ts";
import type { ModelCall } from "../model.ts";
import { alternating } from "./alternation.ts";
import type { Capabilities } from "./capabilities.ts";

/** The body of a streamed request, without the features the model rejects. */
export function requestBody(model: string, call: ModelCall, capabilities: Capabilities): object {
  const { tools, tool_choice, parallel_tool_calls, ...params } = call.params;
  const offersTools = tools !== undefined && !(call.own === true && capabilities.tools === false);
  return {
    ...params,
    ...(offersTools && { tools, tool_choice, parallel_tool_calls }),
    model,
    messages: promptOf(call, capabilities),
    stream: true,
    ...(capabilities.stream_options !== false && { stream_options: { include_usage: true } }),
  };
}

/** Parley's own prompts always alternate roles; those of clients only for models known to require it. */
function promptOf({ own, messages }: ModelCall, capabilities: Capabilities): ChatMessage[] {
  const { system_role, repeated_roles } = capabilities;
  const asIs = own !== true && repeated_roles !== false && system_role !== false;
  return asIs ? messages : alternating(messages, system_role !== false);
}
