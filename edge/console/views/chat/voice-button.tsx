import { useRef, useState } from "preact/hooks";
import type { Session } from "../../../client/index.ts";
import { Icon } from "../../parts/icon.tsx";
import { client } from "../../state/account.ts";
import { language, t } from "../../state/language.ts";
import { silence, spokenHere } from "../../state/player.ts";
import { toast, toastError } from "../../state/toasts.ts";
import { type Recording, record } from "./recorder.ts";

/** A press that is longer is "hold to talk"; a shorter one starts, and the next one ends. */
const holdMs = 350;

/** Talks to the session: held down, or pressed once to begin and once to end. The words are shown as they are understood. */
export function VoiceButton({ session }: { session: Session }) {
  const [interim, setInterim] = useState<string>();
  const recording = useRef<Promise<Recording | undefined> | undefined>(undefined);
  const pressedAt = useRef(0);
  const start = () => {
    silence(true);
    setInterim("");
    recording.current = begin(session, setInterim).catch((error: unknown) => {
      explain(error);
      setInterim(undefined);
      recording.current = undefined;
      return undefined;
    });
  };
  const stop = () => {
    void recording.current?.then((one) => one?.stop());
    recording.current = undefined;
    setInterim(undefined);
  };
  const pressed = () => {
    pressedAt.current = performance.now();
    if (recording.current === undefined) start();
    else stop();
  };
  const released = () => recording.current && performance.now() - pressedAt.current > holdMs && stop();
  const keys = (event: KeyboardEvent) => {
    if (event.repeat || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    if (recording.current === undefined) start();
    else stop();
  };
  const on = interim !== undefined;
  return (
    <>
      {on && (
        <span class="interim" role="status">
          {interim || t("listening")}
        </span>
      )}
      <button
        type="button"
        class={on ? "icon-button recording" : "icon-button"}
        aria-label={t(on ? "endTalking" : "talk")}
        title={t(on ? "endTalking" : "talk")}
        aria-pressed={on}
        onPointerDown={pressed}
        onPointerUp={released}
        onKeyDown={keys}
      >
        <Icon name="mic" />
      </button>
    </>
  );
}

/** Opens the microphone and sends what it hears. The answer is there when it listens. */
async function begin(session: Session, onInterim: (text: string) => void): Promise<Recording> {
  const { stt } = await client().api.voiceStatus();
  if (!stt.available) throw new Error("no recogniser");
  const recording = await record();
  const options = {
    format: recording.format,
    language: language.value,
    mode: "voice_msg",
    onInterim,
  } as const;
  client()
    .speak(session.id, recording.audio, options)
    .then(({ text, client_msg_id }) => {
      if (text === "") toast("info", t("heardNothing"));
      else spokenHere.add(client_msg_id);
    }, toastError)
    .finally(() => recording.stop());
  return recording;
}

function explain(error: unknown): void {
  const name = error instanceof Error ? error.name : "";
  if (error instanceof Error && error.message === "no recogniser")
    toast("warning", t("noRecogniser"), t("noRecogniserHint"));
  else if (name === "NotFoundError" || navigator.mediaDevices === undefined)
    toast("warning", t("noMicrophone"), t("noMicrophoneHint"));
  else if (name === "NotAllowedError") toast("warning", t("microphoneRefused"), t("microphoneRefusedHint"));
  else toastError(error);
}
