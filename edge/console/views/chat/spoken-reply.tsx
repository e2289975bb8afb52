import { useEffect } from "preact/hooks";
import type { ChatMessage, Session } from "../../../client/index.ts";
import { IconButton } from "../../parts/button.tsx";
import { t } from "../../state/language.ts";
import { play, sentenceCame, silence, speaking, spokenHere } from "../../state/player.ts";

/** The spoken form of a reply: a button, and the sentence that is being said. */
export function SpokenReply({ message, session }: { message: ChatMessage; session: Session }) {
  const { segments = [], message_id } = message;
  const spoken = segments.filter(({ audio_url }) => audio_url !== undefined);
  const count = spoken.length;
  useEffect(() => {
    if (count === 0) return;
    const { messages } = session.state;
    const asked = messages[messages.findIndex((one) => one.message_id === message_id) - 1];
    const id = asked?.client_msg_id;
    if (id !== undefined && spokenHere.delete(id)) play(session, message);
    else sentenceCame(message);
  }, [count]);
  if (count === 0) return null;
  const now = speaking.value?.message === message_id ? speaking.value : undefined;
  const sentence = spoken.find(({ index }) => index === now?.index);
  return (
    <div class="spoken">
      {now ? (
        <IconButton icon="stop" label={t("stopSpeaking")} onClick={() => silence(true)} />
      ) : (
        <IconButton icon="sound" label={t("speak")} onClick={() => play(session, message)} />
      )}
      {sentence && <mark>{sentence.text}</mark>}
    </div>
  );
}
