import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { checkout } from "../_kit/judge/sources.ts";

const folder = join(checkout, "test", "knowledge-eval");

/**
 * One question. `words`: it shares words with its answer; `paraphrase`: no content word of it stands there; `none`: nothing
 * here answers it. The answer is a chunk that holds one of the phrases in `gold`.
 */
export const questionSchema = z.object({
  lang: z.enum(["en", "zh"]),
  kind: z.enum(["words", "paraphrase", "none"]),
  q: z.string(),
  gold: z.array(z.string()),
});
export type Question = z.infer<typeof questionSchema>;

/** All questions. */
export function questions(): Question[] {
  const lines = readFileSync(join(folder, "questions.jsonl"), "utf8").trim().split("\n");
  return lines.map((line) => questionSchema.parse(JSON.parse(line)));
}

/** The documents that are asked about, by title. */
export function corpus(): { title: string; text: string }[] {
  return ["handbook", "handbook-zh", "source-notes"].map((title) => ({
    title,
    text: readFileSync(join(folder, "corpus", `${title}.md`), "utf8"),
  }));
}
