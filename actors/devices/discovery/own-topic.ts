/** The topic below the user's prefix, or undefined for topics outside it. */
export function ownTopic(topic: unknown, user: string): string | undefined {
  const prefix = `device/${user}/`;
  const text = textOf(topic);
  return text?.startsWith(prefix) && !/[+#\s]/.test(text) ? text.slice(prefix.length) : undefined;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
