import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExecutionContext } from "ava";

/**
 * An OpenAI-compatible embeddings server whose vectors count words; words in a group of `synonyms` are equal.
 */
export interface FakeEmbeddings {
  url: string;
  /** Name of its model; changing it simulates a model change. */
  model: string;
  /** Rejects every call while true. */
  down: boolean;
  /** Processing time per text, ms, sequentially, as in a real server. */
  msPerText: number;
  /** Embedded texts. */
  texts: string[];
}

const dimensions = 64;

/** Starts it. */
export async function startFakeEmbeddings(
  t: Pick<ExecutionContext, "teardown">,
  synonyms: readonly (readonly string[])[],
): Promise<FakeEmbeddings> {
  let busy: Promise<void> = Promise.resolve();
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => {
      text += String(part);
    });
    request.on("end", () => {
      if (fake.down) {
        response.writeHead(500).end();
        return;
      }
      const { input } = JSON.parse(text) as { input: string[] };
      fake.texts.push(...input);
      const data = input.map((one, index) => ({
        index,
        object: "embedding",
        embedding: vectorOf(one, synonyms),
      }));
      const ms = fake.msPerText * input.length;
      if (ms > 0) busy = busy.then(() => new Promise((resolve) => setTimeout(resolve, ms)));
      void busy.then(() => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ object: "list", model: fake.model, data }));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const fake: FakeEmbeddings = { url, model: "one", down: false, msPerText: 0, texts: [] };
  return fake;
}

function vectorOf(text: string, synonyms: readonly (readonly string[])[]): number[] {
  const vector = new Array<number>(dimensions).fill(0.01);
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
    const group = synonyms.findIndex((words) => words.includes(word));
    if (group >= 0) vector[group] = (vector[group] ?? 0) + 5;
    else {
      const slot =
        synonyms.length + ((word.charCodeAt(0) * 7 + word.length) % (dimensions - synonyms.length));
      vector[slot] = (vector[slot] ?? 0) + 0.2;
    }
  }
  return vector;
}
