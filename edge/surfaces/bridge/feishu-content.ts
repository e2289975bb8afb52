import { z } from "zod";
import { parseForeignJson } from "../../../schemas/foreign-json.ts";
import type { FeishuMessage } from "../../../schemas/wire/feishu.ts";

/** An image or a file of a message, by its key. */
export interface FeishuResource {
  key: string;
  name: string;
}

/** The content of a message, grouped by how a model can receive it. */
export interface FeishuContent {
  text: string;
  images: FeishuResource[];
  files: FeishuResource[];
  speech: FeishuResource[];
  unreadable: string[];
}

type Reading = Partial<FeishuContent>;

const text = z.object({ text: z.string() });
const image = z.object({ image_key: z.string() });
const file = z.object({ file_key: z.string(), file_name: z.string().optional() });
const place = z.object({ name: z.string(), longitude: z.string(), latitude: z.string() });
const postElement = z.looseObject({
  tag: z.string(),
  text: z.string().optional(),
  href: z.string().optional(),
  user_id: z.string().optional(),
  user_name: z.string().optional(),
  image_key: z.string().optional(),
  emoji_type: z.string().optional(),
});
const post = z.object({
  title: z.string().optional(),
  content: z.array(z.array(postElement).max(500)).max(500),
});

/** Every content kind: how it is passed to the model, or what its sender is answered. */
const kinds: Readonly<Record<string, (content: unknown) => Reading>> = {
  text: (content) => ({ text: text.parse(content).text }),
  post: (content) => readPost(post.parse(content)),
  image: (content) => ({ images: [{ key: image.parse(content).image_key, name: "image" }] }),
  file: (content) => ({ files: [resourceOf(content)] }),
  audio: (content) => ({ speech: [resourceOf(content)] }),
  location: (content) => {
    const { name, longitude, latitude } = place.parse(content);
    return { text: `[位置: ${name} (${latitude}, ${longitude})]` };
  },
  media: () => ({ unreadable: ["视频"] }),
  sticker: () => ({ text: "[表情]" }),
  interactive: () => ({ unreadable: ["卡片消息"] }),
  share_chat: () => ({ unreadable: ["群名片"] }),
  share_user: () => ({ unreadable: ["名片"] }),
  merge_forward: () => ({ unreadable: ["合并转发"] }),
  hongbao: () => ({ unreadable: ["红包"] }),
  todo: () => ({ unreadable: ["任务"] }),
  vote: () => ({ unreadable: ["投票"] }),
  share_calendar_event: () => ({ unreadable: ["日程"] }),
  calendar: () => ({ unreadable: ["日程"] }),
  general_calendar: () => ({ unreadable: ["日程"] }),
  video_chat: () => ({ unreadable: ["视频通话"] }),
  folder: () => ({ unreadable: ["文件夹"] }),
};

/** Parses a message of a kind; unknown kinds and invalid payloads count as unsupported. */
export function feishuContent(kind: string, content: string): FeishuContent {
  let reading: Reading;
  try {
    reading = kinds[kind]?.(parseForeignJson(content)) ?? { unreadable: ["该类消息"] };
  } catch {
    reading = { unreadable: ["该类消息"] };
  }
  return { text: "", images: [], files: [], speech: [], unreadable: [], ...reading };
}

/** Replaces mention keys by names; the bot itself is omitted. */
export function withMentions(
  said: string,
  mentions: FeishuMessage["mentions"],
  self: string | undefined,
): string {
  return (mentions ?? [])
    .reduce((line, { key, id, name }) => line.replaceAll(key, id.open_id === self ? "" : `@${name}`), said)
    .trim();
}

function resourceOf(content: unknown): FeishuResource {
  const { file_key: key, file_name: name = "file" } = file.parse(content);
  return { key, name };
}

/** Converts rich text, line by line. */
function readPost({ title = "", content }: z.infer<typeof post>): Reading {
  const images: FeishuResource[] = [];
  const lines = content.map((line) =>
    line
      .map((element) => {
        if (element.image_key !== undefined) images.push({ key: element.image_key, name: "image" });
        if (element.tag === "a") return `[${element.text ?? ""}](${element.href ?? ""})`;
        if (element.tag === "at") return element.user_id ?? "";
        if (element.tag === "emotion") return "[表情]";
        if (element.tag === "code_block") return `\n\`\`\`\n${element.text ?? ""}\n\`\`\`\n`;
        return element.text ?? "";
      })
      .join(""),
  );
  return { text: [title, ...lines].filter((line) => line !== "").join("\n"), images };
}
