declare module "@echogarden/espeak-ng-emscripten" {
  /** One synthesizer inside a module. */
  export interface ESpeakWorker {
    list_voices(): { name: string; identifier: string; languages: { priority: number; name: string }[] }[];
    /** @returns 0 when the voice was found. */
    set_voice(name: string): number;
    /** Words per minute, 80 … 450. */
    set_rate(rate: number): void;
    get_samplerate(): number;
    /** Calls back with parts of the speech; returning true stops it. */
    synthesize(text: string, callback: (audio: Int16Array, events: unknown[]) => boolean): void;
  }
  export interface ESpeakModule {
    eSpeakNGWorker: new () => ESpeakWorker | Promise<ESpeakWorker>;
  }
  export default function load(): Promise<ESpeakModule>;
}
