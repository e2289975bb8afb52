import type { ParleyClient } from "../../../edge/client/index.ts";
import { adminClient, converse } from "./console.ts";
import type { System } from "./system.ts";

/** Fills a system with several weeks of a user's data, for screenshots and for tests of every view. */
export async function showcase(system: System): Promise<ParleyClient> {
  const client = adminClient(system.url());
  client.connect();
  const { api } = client;
  const talks = [
    ["weekend", "Weekend in the mountains", "Which train goes to the mountains on Saturday morning?"],
    ["recipe", "Dinner for six", "What can I cook for six people with rice and mushrooms?"],
    ["chinese", "阳台植物", "今天要给阳台的植物浇水吗？"],
    ["balcony", "Plants on the balcony", "How do I keep tomatoes and basil alive on the balcony?"],
  ] as const;
  for (const [session_id, title, text] of talks) {
    await api.createSession({ body: { session_id, title, is_main: session_id === "balcony" } });
    await converse(client.session(session_id), text);
  }
  await Promise.all([homes(client), knowledge(client), reminders(client)]);
  return client;
}

async function homes({ api }: ParleyClient): Promise<void> {
  const devices = [
    ["living_lamp", "Living room lamp", "light", { power: true, brightness: 72 }],
    ["balcony_sensor", "Balcony sensor", "sensor", { temperature: 18.6, humidity: 61, battery: 87 }],
    ["kitchen_plug", "Kitchen plug", "switch", { power: false, watts: 0 }],
    ["front_door", "Front door", "lock", { locked: true }],
  ] as const;
  for (const [device_id, name, type, state] of devices)
    await api.updateDevice({ params: { device_id }, body: { name, type, state } });
  const warm = await api.createRule({
    body: {
      name: "Too warm on the balcony",
      trigger_type: "device",
      trigger_config: { device_id: "balcony_sensor", field: "temperature", op: ">", value: 26 },
      conditions: { all: [{ field: "now.hour", op: ">=", value: 9 }] },
      actions: {
        steps: [
          { type: "notify", title: "Balcony", body: "It is {{state.temperature}} °C: water the tomatoes." },
        ],
      },
    },
  });
  const evening = await api.createRule({
    body: {
      name: "Evening light",
      trigger_type: "schedule",
      trigger_config: { cron: "0 19 * * *" },
      actions: { steps: [{ type: "device_command", device_id: "living_lamp", command: { power: true } }] },
    },
  });
  await api.createScene({
    body: { name: "Good night", icon: "🌙", rule_ids: [evening.rule.id, warm.rule.id] },
  });
  await api.triggerRule({ params: { id: evening.rule.id }, body: {} });
}

async function knowledge({ api }: ParleyClient): Promise<void> {
  const base = await api.createBase({ body: { name: "Garden", description: "What grows on the balcony" } });
  const content =
    "Tomatoes need six hours of sun a day and a litre of water each evening. Basil likes half shade.";
  await api.addDocument({
    params: { id: base.id },
    body: { title: "Tomatoes", source_type: "text", content },
  });
  for (const [fact, category] of [
    ["Grows tomatoes and basil on the balcony", "fact"],
    ["Prefers short answers", "preference"],
  ] as const)
    await api.addMemory({ body: { content: fact, category, priority: 2 } });
}

async function reminders({ api }: ParleyClient): Promise<void> {
  const at = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  await api.createReminder({
    body: { title: "Water the tomatoes", remind_at: at(0.2), repeat_type: "daily" },
  });
  await api.createReminder({ body: { title: "Call the landlord", remind_at: at(3) } });
}
