/** A chat platform that a bridge connects. Everything that differs between platforms outside their bridge stands here. */
interface PlatformTraits {
  /** Name as users know it. */
  title: string;
  /** Longest text of one message, UTF-16 units. */
  textChars: number;
  /** How long replies are formatted: as they are, or from Markdown by the bridge. */
  markup: "plain" | "markdown";
  /** Sessions of one chat with different bots are apart. */
  sessionNamesBot: boolean;
}

/** Every chat platform. Its name is a surface, the beginning of its users' ids (`ext_<name>_…`) and of its sessions. */
export const platforms = {
  // QQ cuts or refuses longer texts; clients differ, this is safe with all.
  qq: { title: "QQ", textChars: 3_000, markup: "plain", sessionNamesBot: true },
  telegram: { title: "Telegram", textChars: 4_096, markup: "markdown", sessionNamesBot: false },
  // A text message may have 150 KB; shorter parts are easier to read.
  feishu: { title: "Feishu", textChars: 10_000, markup: "plain", sessionNamesBot: false },
} as const satisfies Record<string, PlatformTraits>;

/** Name of a chat platform. */
export type PlatformName = keyof typeof platforms;

/** Names of all platforms. */
export const platformNames = Object.keys(platforms) as [PlatformName, ...PlatformName[]];

/** Beginning of the ids of a platform's users who are not bound to a user of Parley. */
export function platformUserPrefix(platform: PlatformName): string {
  return `ext_${platform}_`;
}
