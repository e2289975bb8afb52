import { MongoClient } from "mongodb";
import { startEngines } from "../_kit/worlds/engines.ts";
import { dialogues } from "./dialogues.ts";
import { scoreMemory } from "./score.ts";

// `make memory-eval`: precision and recall of what memory holds after dialogues of our own. `--misses` shows what went
// wrong. Ends with 1 below what is asked of it.

const wanted = { plain: { precision: 0.9, recall: 0.8 }, model: { precision: 0.95, recall: 0.9 } };

async function main(): Promise<number> {
  const engines = await startEngines();
  const client = await new MongoClient(engines.mongodbUri).connect();
  let fallsShort = false;
  process.stdout.write(`${dialogues().length} dialogues\n                  precision   recall\n`);
  try {
    for (const way of ["plain", "model"] as const) {
      const { precision, recall, misses } = await scoreMemory(client.db("memory_eval"), way === "model");
      const name = way === "model" ? "with a model" : "plain forms";
      process.stdout.write(`${name.padEnd(18)}${precision.toFixed(3).padEnd(12)}${recall.toFixed(3)}\n`);
      if (process.argv.includes("--misses")) for (const miss of misses) process.stdout.write(`  ${miss}\n`);
      fallsShort ||= precision < wanted[way].precision || recall < wanted[way].recall;
    }
  } finally {
    await client.close();
    await engines.stop();
  }
  return fallsShort ? 1 : 0;
}

process.exitCode = await main();
