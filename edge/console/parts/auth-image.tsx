import { useEffect, useState } from "preact/hooks";
import { client } from "../state/account.ts";

const kept = new Map<string, Promise<string>>();
const keptCount = 300;

/** Address of a picture of the API as this page may show it; its bytes are fetched with the user's token. */
export function pictureUrl(path: string): Promise<string> {
  const known = kept.get(path);
  if (known !== undefined) return known;
  const made = client()
    .blob(path)
    .then((blob) => URL.createObjectURL(blob));
  kept.set(path, made);
  made.catch(() => kept.delete(path));
  const oldest = kept.size > keptCount ? kept.keys().next().value : undefined;
  if (oldest !== undefined) {
    void kept.get(oldest)?.then((url) => URL.revokeObjectURL(url));
    kept.delete(oldest);
  }
  return made;
}

/** A picture of the API. */
export function AuthImage({ path, alt }: { path: string; alt: string }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    let wanted = true;
    pictureUrl(path).then(
      (made) => wanted && setUrl(made),
      () => wanted && setUrl(""),
    );
    return () => {
      wanted = false;
    };
  }, [path]);
  if (url === undefined) return <span class="picture loading" role="img" aria-label={alt} />;
  if (url === "") return <span class="picture missing">{alt}</span>;
  return <img class="picture" src={url} alt={alt} loading="lazy" />;
}
