import type { Adapter, Node } from "./adapter.ts";
import { esphome } from "./esphome.ts";
import { plain } from "./plain.ts";
import { shellyGen1 } from "./shelly-gen1.ts";
import { shellyGen2 } from "./shelly-gen2.ts";
import { tasmota } from "./tasmota.ts";
import { zigbee2mqtt } from "./zigbee2mqtt.ts";

/** All adapters; the catch-all is last. */
export const adapters: readonly Adapter[] = [tasmota, zigbee2mqtt, esphome, shellyGen2, shellyGen1, plain];

/** The adapter and device of a topic. */
export function detect(topic: readonly string[]): { adapter: Adapter; node: Node } {
  for (const adapter of adapters) {
    const node = adapter.detect(topic);
    if (node !== null) return { adapter, node };
  }
  return { adapter: plain, node: { node: topic[0] ?? "", base: topic[0] ?? "" } };
}

/** The adapter of this kind, or undefined. */
export function adapterOf(kind: string): Adapter | undefined {
  return adapters.find((adapter) => adapter.kind === kind);
}
