import type { Services } from "../../services.ts";
import { Inbound } from "./inbound.ts";
import { addOnebot } from "./onebot.ts";
import { addTelegram } from "./telegram.ts";

/** Registers the bridges to chat platforms. Answers how to end them: what is being sent is settled before. */
export function addBridges(services: Services): () => Promise<void> {
  const inbound = new Inbound(services);
  const stops = [addOnebot(services, inbound), addTelegram(services, inbound)];
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}
