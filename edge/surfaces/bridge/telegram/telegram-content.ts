import type { TelegramContent, TelegramFile } from "../../../../schemas/wire/telegram.ts";

/** The content of a Telegram message, grouped by how a model can receive it. */
export interface Content {
  text: string;
  images: TelegramFile[];
  files: TelegramFile[];
  /** Recordings of speech. */
  speech: TelegramFile[];
  /** Unsupported kinds, named for the sender. */
  unreadable: string[];
}

/** Largest file that a bot may fetch, bytes (Bot API, getFile). */
export const fileBytes = 20 * 1024 * 1024;
/** Largest photo to download, bytes; Telegram offers each in several sizes. */
const photoBytes = 5 * 1024 * 1024;
const photoType = /^image\/(jpeg|png|webp|gif)$/;

type Kinds = {
  readonly [Kind in keyof TelegramContent]-?: (
    value: NonNullable<TelegramContent[Kind]>,
    whole: TelegramContent,
  ) => Partial<Content>;
};

/** Every content kind: how it is passed to the model, or what its sender is answered. */
const kinds: Kinds = {
  text: (text) => ({ text }),
  caption: (text) => ({ text }),
  photo: (sizes) => {
    const best = sizes
      .filter(({ file_size = 0 }) => file_size <= photoBytes)
      .toSorted((a, b) => (b.file_size ?? 0) - (a.file_size ?? 0))[0];
    return best === undefined ? { unreadable: ["过大的图片"] } : { images: [best] };
  },
  document: (file, { animation }) => {
    if (animation !== undefined) return {};
    if ((file.file_size ?? 0) > fileBytes) return { unreadable: ["过大的文件"] };
    return photoType.test(file.mime_type ?? "") ? { images: [file] } : { files: [file] };
  },
  voice: (file) => ({ speech: [file] }),
  audio: (file) => ({ speech: [file] }),
  video: () => ({ unreadable: ["视频"] }),
  video_note: () => ({ unreadable: ["视频消息"] }),
  animation: () => ({ unreadable: ["动画"] }),
  sticker: ({ emoji = "" }) => ({ text: `[贴纸 ${emoji}]`.replace(" ]", "]") }),
  location: ({ latitude, longitude }, { venue }) =>
    venue === undefined ? { text: `[位置: ${latitude}, ${longitude}]` } : {},
  venue: ({ title, address }, { location }) => ({
    text: `[地点: ${title}, ${address}${location ? ` (${location.latitude}, ${location.longitude})` : ""}]`,
  }),
  contact: ({ first_name, last_name = "", phone_number }) => ({
    text: `[联系人: ${`${first_name} ${last_name}`.trim()}, ${phone_number}]`,
  }),
  poll: ({ question, options }) => ({
    text: `[投票: ${question} ${options.map(({ text }) => `• ${text}`).join(" ")}]`,
  }),
  dice: ({ emoji, value }) => ({ text: `[${emoji}: ${value}]` }),
  story: () => ({ unreadable: ["动态"] }),
  game: () => ({ unreadable: ["游戏"] }),
  invoice: () => ({ unreadable: ["账单"] }),
  paid_media: () => ({ unreadable: ["付费内容"] }),
};

const kindNames = Object.keys(kinds) as (keyof Kinds)[];

/** The content of a message; null when it has none, such as a service message. */
export function contentOf(message: TelegramContent): Content | null {
  const parts = kindNames.flatMap((kind) => {
    const value = message[kind];
    // The key determines the type of its value.
    return value === undefined
      ? []
      : [(kinds[kind] as (v: unknown, m: TelegramContent) => Partial<Content>)(value, message)];
  });
  return parts.length === 0 ? null : joined(parts);
}

/** Merges several contents, in order. */
export function joined(parts: readonly Partial<Content>[]): Content {
  return {
    text: parts.flatMap(({ text }) => (text ? [text] : [])).join("\n"),
    images: parts.flatMap(({ images = [] }) => images),
    files: parts.flatMap(({ files = [] }) => files),
    speech: parts.flatMap(({ speech = [] }) => speech),
    unreadable: [...new Set(parts.flatMap(({ unreadable = [] }) => unreadable))],
  };
}

/** Describes a content in words, for a quotation. */
export function describe(content: Content | null): string {
  if (content === null) return "";
  const { text, images, files, speech, unreadable } = content;
  const kinds = [
    ...images.map(() => "[图片]"),
    ...files.map(({ file_name = "" }) => `[文件 ${file_name}]`),
    ...speech.map(() => "[语音]"),
    ...unreadable.map((kind) => `[${kind}]`),
  ];
  return [text, kinds.join(" ")].filter((part) => part !== "").join("\n");
}
