import { useEffect, useState } from "preact/hooks";
import type { Answer } from "../../../client/index.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Field } from "../../parts/field.tsx";
import { Failure } from "../../parts/state.tsx";
import { shortTime } from "../../parts/time.ts";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { linkTo } from "../../state/route.ts";

type Found = Answer<"searchMessages">;

const pauseMs = 250;

/** Looks for messages in all sessions; a result leads to its place. */
export function SearchDialog({ onClose }: { onClose: () => void }) {
  const [query, setQuery] = useState("");
  const [found, setFound] = useState<Found>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const asked = new AbortController();
    const timer = setTimeout(() => {
      if (query.trim() === "") return setFound(undefined);
      const search = client().api.searchMessages({
        query: { q: query.trim(), limit: 50 },
        signal: asked.signal,
      });
      search.then(setFound).then(
        () => setError(undefined),
        (cause: unknown) => asked.signal.aborted || setError(cause),
      );
    }, pauseMs);
    return () => {
      clearTimeout(timer);
      asked.abort();
    };
  }, [query]);
  return (
    <Dialog title={t("searchMessages")} onClose={onClose} wide>
      <Field label={t("searchFor")} type="search" value={query} onInput={setQuery} />
      {error !== undefined && <Failure error={error} />}
      {found?.results.length === 0 && <p class="muted">{t("nothingFound")}</p>}
      <ul class="results">
        {found?.results.map((result) => (
          <li key={`${result.session_id}-${result.message_id}`}>
            <a href={linkTo("chat", result.session_id, result.message_id)} onClick={onClose}>
              <span class="result-head">
                <strong>{result.session_title || t("untitled")}</strong>
                <span class="muted">
                  {t(result.role === "user" ? "you" : "assistant")} · {shortTime(result.created_at)}
                </span>
              </span>
              <Excerpt text={result.content} words={query.trim().split(/\s+/)} />
            </a>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

const around = 70;

/** The part of a text around the first word that was looked for, with the words marked. */
function Excerpt({ text, words }: { text: string; words: readonly string[] }) {
  const lower = text.toLowerCase();
  const first = Math.max(0, Math.min(...words.map((word) => Math.max(0, lower.indexOf(word.toLowerCase())))));
  const start = Math.max(0, first - around);
  const shown = `${start > 0 ? "…" : ""}${text.slice(start, first + around * 2)}`;
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const pieces = shown.split(new RegExp(`(${pattern})`, "gi"));
  return (
    <span class="excerpt">
      {pieces.map((piece, at) => (at % 2 === 1 ? <mark key={at}>{piece}</mark> : piece))}
    </span>
  );
}
