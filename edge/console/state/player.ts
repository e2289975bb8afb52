import { signal } from "@preact/signals";
import type { ChatMessage, Session } from "../../client/index.ts";
import { serverUrl } from "./account.ts";

/** The sentence that is spoken. */
export const speaking = signal<{ message: string; index: number } | undefined>(undefined);

/** Messages spoken into this page: their replies are spoken back. */
export const spokenHere = new Set<string>();

interface Spoken {
  session: Session;
  id: string;
  audio: HTMLAudioElement;
  next: number;
}

let current: Spoken | undefined;

/** Speaks a reply from its first sentence on, those that come later too. */
export function play(session: Session, message: ChatMessage): void {
  silence();
  if (message.message_id === undefined) return;
  current = { session, id: message.message_id, audio: new Audio(), next: 0 };
  current.audio.onended = () => advance(true);
  current.audio.onerror = () => advance(false);
  advance(false);
}

/** Ends the speaking. The user has heard what came before: with `interrupt` the server keeps no more than that. */
export function silence(interrupt = false): void {
  const spoken = current;
  if (spoken === undefined) return;
  current = undefined;
  speaking.value = undefined;
  spoken.audio.onended = null;
  spoken.audio.pause();
  if (!interrupt) return;
  try {
    spoken.session.interrupt(spoken.id, Math.max(0, spoken.next - 1), spoken.audio.currentTime * 1_000);
  } catch {
    // Offline: the reply stays as it is.
  }
}

/** A sentence has come for the reply that is spoken, and may be the one that is waited for. */
export function sentenceCame(message: ChatMessage): void {
  if (current?.id === message.message_id && speaking.value === undefined) advance(false);
}

function advance(played: boolean): void {
  if (current === undefined) return;
  const { session, id, audio } = current;
  if (played) session.segmentPlayed(id, current.next - 1);
  const message = session.state.messages.find(({ message_id }) => message_id === id);
  const segment = message?.segments?.find(
    ({ index, audio_url }) => index >= (current?.next ?? 0) && audio_url,
  );
  if (segment?.audio_url === undefined) {
    speaking.value = undefined;
    if (message?.status !== "streaming") current = undefined;
    return;
  }
  current.next = segment.index + 1;
  speaking.value = { message: id, index: segment.index };
  audio.src = new URL(segment.audio_url.replace(/^\//, ""), serverUrl).href;
  audio.play().catch(() => silence());
}
