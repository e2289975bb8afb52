import test from "ava";
import type { ChatClient } from "../_kit/clients/client.ts";
import { seedFromEnvironment } from "../_kit/judge/seed.ts";
import { assertPromises, startFor } from "../_kit/worlds/scenario.ts";
import type { System } from "../_kit/worlds/system.ts";

const cuts = 24;

/** How the connections of a client after the first one began. */
function recoveries(client: ChatClient): boolean[] {
  return client.frames.flatMap(({ frame }) => (frame.type === "connected" ? [frame.recovered] : [])).slice(1);
}

async function ask(writer: ChatClient, content: string): Promise<void> {
  const send = await writer.send(`admin: ${content}`, { session: "talk" });
  await writer.until(() => writer.view.finished.has(send.client_msg_id), `the reply to ${content}`);
}

async function everybodyGot(
  system: System,
  clients: readonly ChatClient[],
  writer: ChatClient,
): Promise<void> {
  const last = [...writer.view.messages.keys()].at(-1) ?? "";
  await Promise.all(
    clients.map((client) =>
      client.until(() => client.view.messages.has(last), `${client.name} gets ${last}`),
    ),
  );
  if (system.edges.some((edge) => !edge.running)) throw new Error("an edge died");
}

test("clients that are cut at every frame come back to the other edge and see what history shows", async (t) => {
  const seed = seedFromEnvironment();
  const system = await startFor(t);
  const behaviour = { reconnect: true, retry: true };
  const writer = await system.client("writer", behaviour);
  const cutters: ChatClient[] = [];
  for (let index = 1; index <= cuts; index++) {
    cutters.push(await system.client(`cut${index}`, { ...behaviour, edge: index % 2, cutAfter: [index] }));
  }
  for (const content of ["first", "second", "third"]) await ask(writer, content);
  await everybodyGot(system, cutters, writer);
  for (const client of cutters) t.deepEqual(recoveries(client), [true], client.name);

  // Twice without traffic between: the second resume starts where the first one did.
  for (let time = 0; time < 2; time++) {
    const from = cutters.map(({ frames }) => frames.length);
    for (const client of cutters) client.cut();
    await Promise.all(
      cutters.map((client, at) =>
        client.until(() => client.frames.length > (from[at] ?? 0), "connected again"),
      ),
    );
  }
  await ask(writer, "fourth");
  await everybodyGot(system, cutters, writer);
  for (const client of cutters) t.deepEqual(recoveries(client), [true, true, true], client.name);

  await system.engines.nats.kill("SIGKILL");
  await system.engines.nats.restart();
  for (const client of cutters) client.cut();
  await ask(writer, "fifth");
  await everybodyGot(system, cutters, writer);
  for (const client of cutters) t.true(recoveries(client).includes(false), `${client.name} was told`);
  await assertPromises(t, system, { seed, clients: [writer, ...cutters] });
});
