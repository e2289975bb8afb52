import { useState } from "preact/hooks";
import type { Answer } from "../../../client/index.ts";
import { Button } from "../../parts/button.tsx";
import { Field, Section } from "../../parts/field.tsx";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { attempt } from "../../state/toasts.ts";

/** Looks for passages by words and meaning, in all bases or in some. */
export function KnowledgeSearch({ bases }: { bases: string[] | undefined }) {
  const [query, setQuery] = useState("");
  const [found, setFound] = useState<Answer<"searchKnowledge">>();
  const [busy, setBusy] = useState(false);
  const search = async (event: Event) => {
    event.preventDefault();
    if (query.trim() === "") return;
    setBusy(true);
    const body = { query, limit: 10, ...(bases && { kb_ids: bases }) };
    await attempt(async () => setFound(await client().api.searchKnowledge({ body })));
    setBusy(false);
  };
  return (
    <Section title={t("askKnowledge")}>
      <form class="search-row" onSubmit={search}>
        <Field label={t("searchFor")} type="search" value={query} onInput={setQuery} />
        <Button type="submit" icon="search" label={t("search")} disabled={busy} />
      </form>
      {found && (
        <ul class="stack" aria-live="polite">
          {found.chunks.length === 0 && <li class="muted">{t("nothingFound")}</li>}
          {found.chunks.map((chunk) => (
            <li key={chunk.id} class="passage">
              <header>
                <strong>{[chunk.document_title, chunk.heading].filter(Boolean).join(" · ")}</strong>
                <Score value={chunk.score} />
              </header>
              <p>{chunk.content}</p>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** How well a passage fits, 0 to 1. */
function Score({ value }: { value: number }) {
  const percent = Math.round(value * 100);
  return <span class="badge">{t("fits", { percent })}</span>;
}
