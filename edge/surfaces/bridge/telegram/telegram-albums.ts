import type { TelegramMessage } from "../../../../schemas/wire/telegram.ts";

/**
 * An album is complete after this time without another message; Telegram sends its messages in quick
 * succession.
 */
const quietMs = 1_000;
/** Most messages of an album (Bot API, sendMediaGroup). */
const mostMessages = 10;
const mostAlbums = 1_000;

interface Album {
  messages: TelegramMessage[];
  timer: NodeJS.Timeout;
  done: Promise<void>;
  finish(): void;
}

/** Joins the messages of an album, which arrive as separate updates. */
export class TelegramAlbums {
  readonly #albums = new Map<string, Album>();
  readonly #take: (messages: TelegramMessage[]) => Promise<void>;

  /** `take` receives the messages of one album, or a single message, in order. */
  constructor(take: (messages: TelegramMessage[]) => Promise<void>) {
    this.#take = take;
  }

  /** Resolves when the message, with its album, was taken. @throws any error of `take` */
  add(message: TelegramMessage): Promise<void> {
    const { media_group_id, chat } = message;
    if (media_group_id === undefined) return this.#take([message]);
    const key = `${chat.id} ${media_group_id}`;
    const album = this.#albums.get(key) ?? this.#open(key);
    if (!album.messages.some(({ message_id }) => message_id === message.message_id))
      album.messages.push(message);
    if (album.messages.length >= mostMessages || this.#albums.size > mostAlbums) album.finish();
    else album.timer.refresh();
    return album.done;
  }

  #open(key: string): Album {
    const messages: TelegramMessage[] = [];
    let finish: () => void = () => {};
    const done = new Promise<void>((resolve, reject) => {
      finish = () => {
        if (!this.#albums.delete(key)) return;
        clearTimeout(timer);
        messages.sort((a, b) => a.message_id - b.message_id);
        this.#take(messages).then(resolve, reject);
      };
    });
    const timer = setTimeout(() => finish(), quietMs);
    const album = { messages, timer, done, finish };
    this.#albums.set(key, album);
    return album;
  }
}
