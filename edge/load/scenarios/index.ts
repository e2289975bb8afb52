import type { ScenarioName } from "../options.ts";
import { ChatScenario } from "./chat.ts";
import { DevicesScenario } from "./devices.ts";
import { OpenAIScenario } from "./openai.ts";
import type { Scenario, ScenarioParts } from "./scenario.ts";

/** Constructors of the scenarios. */
export const scenarios: Readonly<Record<ScenarioName, (parts: ScenarioParts) => Scenario>> = {
  chat: (parts) => new ChatScenario(parts),
  fanout: (parts) => new ChatScenario(parts),
  devices: (parts) => new DevicesScenario(parts),
  openai: (parts) => new OpenAIScenario(parts),
  storm: (parts) => new ChatScenario(parts, parts.options.cuts),
};
