import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Logger } from "../../../infra/log.ts";
import type { Limits } from "../../../schemas/limits.ts";
import type { Speech, SynthesizeOptions, TextToSpeech, Voice } from "./engine.ts";
import type { ESpeakAnswer, ESpeakRequest } from "./espeak-worker.ts";

const normalRate = 175;
const leastRate = 80;
const mostRate = 450;

/** Scripts that identify a language, with its voice. */
const scripts: readonly [RegExp, string][] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, "ja"],
  [/\p{Script=Hangul}/u, "ko"],
  [/\p{Script=Han}/u, "cmn"],
  [/\p{Script=Cyrillic}/u, "ru"],
  [/\p{Script=Arabic}/u, "ar"],
  [/\p{Script=Greek}/u, "el"],
  [/\p{Script=Devanagari}/u, "hi"],
];
const otherwise = "en-us";

/** A request without its id. */
type Question = ESpeakRequest extends infer One ? (One extends unknown ? Omit<One, "id"> : never) : never;

interface Pending {
  settle: (answer: ESpeakAnswer) => void;
  fail: (err: Error) => void;
  child: ChildProcess;
}

/** espeak-ng in a child process, started at the first text and restarted after a crash or timeout. */
export class ESpeak implements TextToSpeech {
  readonly name = "espeak-ng";
  readonly #log: Logger;
  readonly #limits: Pick<Limits, "voiceSpeakMs" | "voiceQueue">;
  readonly #pending = new Map<number, Pending>();
  #child: ChildProcess | undefined;
  #voices: Promise<Voice[]> | undefined;
  #lastId = 0;

  constructor(log: Logger, limits: Pick<Limits, "voiceSpeakMs" | "voiceQueue">) {
    this.#log = log;
    this.#limits = limits;
  }

  /** Whether its package is installed: it is an optional dependency. */
  static get installed(): boolean {
    try {
      return import.meta.resolve("@echogarden/espeak-ng-emscripten") !== "";
    } catch {
      return false;
    }
  }

  voices(): Promise<Voice[]> {
    this.#voices ??= this.#ask({ kind: "voices" }).then((answer) =>
      "voices" in answer ? answer.voices : [],
    );
    this.#voices.catch(() => {
      this.#voices = undefined;
    });
    return this.#voices;
  }

  async synthesize({ text, voice, speed = 1, signal }: SynthesizeOptions): Promise<Speech> {
    signal.throwIfAborted();
    const known = voice !== undefined && (await this.voices()).some(({ id }) => id === voice);
    const answer = await this.#ask(
      {
        kind: "speak",
        text,
        voice: known ? voice : voiceFor(text),
        wordsPerMinute: Math.round(Math.min(mostRate, Math.max(leastRate, normalRate * speed))),
      },
      signal,
    );
    if ("pcm" in answer) return { pcm: answer.pcm, sampleRate: answer.sampleRate };
    throw new Error("espeak-ng returned an unexpected response");
  }

  /** Starts the process and synthesizes a word, as the first one is slow. */
  async warm(): Promise<void> {
    if (this.#child !== undefined) return;
    await this.synthesize({ text: "one", signal: new AbortController().signal });
  }

  stop(): void {
    this.#child?.kill("SIGKILL");
  }

  async #ask(question: Question, signal?: AbortSignal): Promise<ESpeakAnswer> {
    if (this.#pending.size >= this.#limits.voiceQueue) throw new Error("espeak-ng is busy");
    const id = ++this.#lastId;
    this.#child ??= this.#start();
    const child = this.#child;
    let timer: NodeJS.Timeout | undefined;
    let aborted: (() => void) | undefined;
    try {
      const answer = await new Promise<ESpeakAnswer>((settle, fail) => {
        this.#pending.set(id, { settle, fail, child });
        // Single-threaded: a hanging request blocks all others, so the process is killed.
        timer = setTimeout(() => {
          fail(new Error("espeak-ng timed out"));
          child.kill("SIGKILL");
        }, this.#limits.voiceSpeakMs);
        aborted = () => fail(signal?.reason);
        signal?.addEventListener("abort", aborted);
        child.send({ ...question, id } as ESpeakRequest, (err) => {
          if (err === null) return;
          // The process has ended but its exit event is pending: the next text starts a new one.
          if (this.#child === child) this.#child = undefined;
          fail(err);
        });
      });
      if ("failed" in answer) throw new Error(`espeak-ng: ${answer.failed}`);
      return answer;
    } finally {
      this.#pending.delete(id);
      clearTimeout(timer);
      if (aborted !== undefined) signal?.removeEventListener("abort", aborted);
    }
  }

  #start(): ChildProcess {
    // The process needs no secrets.
    const { PATH, HOME } = process.env;
    const child = fork(join(import.meta.dirname, "espeak-worker.js"), {
      env: { PATH, HOME },
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.on("message", (answer: ESpeakAnswer) => this.#pending.get(answer.id)?.settle(answer));
    child.on("error", (err) => this.#log.warn({ err }, "espeak-ng process failed"));
    child.on("close", (code, signal) => {
      this.#log.info({ code, signal }, "espeak-ng process ended");
      if (this.#child === child) this.#child = undefined;
      for (const one of this.#pending.values())
        if (one.child === child) one.fail(new Error("espeak-ng process ended"));
    });
    child.unref();
    child.channel?.unref();
    return child;
  }
}

/** The voice for a text, by its script. */
export function voiceFor(text: string): string {
  return scripts.find(([letters]) => letters.test(text))?.[1] ?? otherwise;
}
