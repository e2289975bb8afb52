import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Session, SessionState } from "../../../client/index.ts";
import { IconButton } from "../../parts/button.tsx";
import { Empty, Failure, Waiting } from "../../parts/state.tsx";
import { t } from "../../state/language.ts";
import { toast } from "../../state/toasts.ts";
import { Message } from "./message.tsx";

interface Props {
  session: Session;
  state: SessionState;
  /** A message to show, from a search. */
  target: string | undefined;
}

const nearEnd = 80;
const nearStart = 600;
/** Pages that are read to find a message of a search. */
const jumpPages = 60;

/**
 * The messages. The list stays at its end while it is there, and does not move when older ones come. What is out of
 * sight costs no layout (`content-visibility`), and unchanged messages are not drawn again.
 */
export function MessageList({ session, state, target }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [away, setAway] = useState(false);
  const { messages } = state;
  usePrepend(list, messages[0]?.key, atEnd);
  useFollow(list, atEnd, state);
  useJump(session, state.loaded, target, atEnd);
  const scrolled = () => {
    const element = list.current;
    if (element === null) return;
    const left = element.scrollHeight - element.scrollTop - element.clientHeight;
    atEnd.current = left < nearEnd;
    setAway(left > element.clientHeight);
    if (element.scrollTop < nearStart && state.hasMore && !state.loading)
      void session.loadOlder().catch(() => {});
  };
  const toEnd = () => {
    atEnd.current = true;
    list.current?.scrollTo({ top: list.current.scrollHeight });
  };
  const last = messages.findLast(({ role }) => role === "assistant");
  return (
    <div class="messages-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus */}
      <div class="messages" ref={list} onScroll={scrolled} tabIndex={0} role="log" aria-label={t("messages")}>
        <div class="messages-content">
          {state.loading && <Waiting />}
          {state.error && <Failure error={state.error} again={() => void session.load()} />}
          {messages.length === 0 && state.loaded && (
            <Empty icon="chat" title={t("emptyChat")} text={t("emptyChatText")} />
          )}
          {messages.map((message) => (
            <Message
              key={message.key}
              message={message}
              session={session}
              last={message === last}
              idle={!state.running}
            />
          ))}
        </div>
      </div>
      {away && (
        <div class="to-end">
          <IconButton icon="down" label={t("toNewest")} onClick={toEnd} />
        </div>
      )}
    </div>
  );
}

type List = { readonly current: HTMLDivElement | null };

/** Older messages that come in front leave what is seen where it is. */
function usePrepend(list: List, first: string | undefined, atEnd: { current: boolean }): void {
  const before = useRef({ first, height: 0 });
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return;
    const { first: old, height } = before.current;
    if (old !== undefined && old !== first && !atEnd.current)
      element.scrollTop += element.scrollHeight - height;
    before.current = { first, height: element.scrollHeight };
  });
}

/** The end stays in sight while somebody is there, also when pictures and code grow. */
function useFollow(list: List, atEnd: { current: boolean }, state: SessionState): void {
  useLayoutEffect(() => {
    const element = list.current;
    if (element !== null && atEnd.current) element.scrollTop = element.scrollHeight;
  }, [state]);
  useEffect(() => {
    const element = list.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    // The frame changes with the window, its content as pictures, colours and texts come.
    if (element.firstElementChild !== null) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);
}

/** Shows the message of a search, reading back as far as needed. */
function useJump(
  session: Session,
  loaded: boolean,
  target: string | undefined,
  atEnd: { current: boolean },
): void {
  useEffect(() => {
    if (target === undefined || target === "" || !loaded) return;
    const jump = async () => {
      const there = () => session.state.messages.some(({ message_id }) => message_id === target);
      for (let page = 0; page < jumpPages && !there() && session.state.hasMore; page++)
        await session.loadOlder();
      if (!there()) return toast("info", t("messageGone"));
      atEnd.current = false;
      requestAnimationFrame(() => {
        const element = document.getElementById(`message-${target}`);
        element?.scrollIntoView({ block: "center" });
        element?.classList.add("found");
        element?.focus({ preventScroll: true });
      });
    };
    jump().catch(() => {});
  }, [session, loaded, target]);
}
