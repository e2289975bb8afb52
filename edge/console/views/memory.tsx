import { useState } from "preact/hooks";
import type { Answer } from "../../client/index.ts";
import { Button, IconButton, Row } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Choice, Field, Page } from "../parts/field.tsx";
import { Empty, Loaded } from "../parts/state.tsx";
import { ago } from "../parts/time.ts";
import { client } from "../state/account.ts";
import { t } from "../state/language.ts";
import { useAsked } from "../state/store.ts";
import { attempt } from "../state/toasts.ts";

type Fact = Answer<"listMemory">["memories"][number];

/** What is remembered about the user. */
export default function Memory() {
  const [query, setQuery] = useState("");
  const [edited, setEdited] = useState<{ fact: Fact | undefined }>();
  const { api } = client();
  const words = query.trim();
  const asked = useAsked(
    () =>
      words === "" ? api.listMemory({ query: { limit: 500 } }) : api.searchMemory({ query: { q: words } }),
    [words],
  );
  const add = (
    <Button kind="primary" icon="plus" label={t("addFact")} onClick={() => setEdited({ fact: undefined })} />
  );
  return (
    <Page title={t("memory")} text={t("memoryText")} action={add}>
      <Field label={t("searchFor")} type="search" value={query} onInput={setQuery} />
      <br />
      <Loaded asked={asked}>
        {({ memories }) =>
          memories.length === 0 ? (
            <Empty
              icon="brain"
              title={words === "" ? t("noFacts") : t("nothingFound")}
              text={t("noFactsText")}
            />
          ) : (
            <ul class="lines">
              {memories.map((fact) => (
                <FactLine key={fact.id} fact={fact} again={asked.again} onEdit={() => setEdited({ fact })} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {edited && <FactForm fact={edited.fact} onClose={() => setEdited(undefined)} onSaved={asked.again} />}
    </Page>
  );
}

function FactLine({ fact, again, onEdit }: { fact: Fact; again: () => void; onEdit: () => void }) {
  const old = "superseded_at" in fact && fact.superseded_at !== undefined && fact.superseded_at !== null;
  const forget = async () => {
    await attempt(() => client().api.deleteMemory({ query: { id: fact.id } }), t("forgotten"));
    again();
  };
  return (
    <li>
      <span class="grow">
        <span class={old ? "muted" : undefined}>{fact.content}</span>
        <small class="muted">{ago(fact.updated_at)}</small>
      </span>
      {old && <span class="badge">{t("superseded")}</span>}
      <span class="badge">{categoryText(fact.category)}</span>
      {!old && <IconButton icon="edit" label={t("editFact", { fact: fact.content })} onClick={onEdit} />}
      <IconButton icon="trash" label={t("forgetFact", { fact: fact.content })} onClick={forget} />
    </li>
  );
}

const categories = ["fact", "preference", "event", "relationship", "other"] as const;

function categoryText(category: string): string {
  return (categories as readonly string[]).includes(category)
    ? t(`category_${category as (typeof categories)[number]}`)
    : category;
}

/** A changed fact is a new one in place of the old. */
function FactForm({
  fact,
  onClose,
  onSaved,
}: {
  fact: Fact | undefined;
  onClose: () => void;
  onSaved: () => void;
}) {
  const [content, setContent] = useState(fact?.content ?? "");
  const [category, setCategory] = useState(fact?.category ?? "fact");
  const known = categories.map((one) => [one, categoryText(one)] as const);
  const options = known.some(([one]) => one === category) ? known : [...known, [category, category] as const];
  const save = async (event: Event) => {
    event.preventDefault();
    const { api } = client();
    const saved = await attempt(async () => {
      const added = await api.addMemory({ body: { content, category, priority: fact?.priority ?? 1 } });
      if (fact !== undefined && added.memory.id !== fact.id)
        await api.deleteMemory({ query: { id: fact.id } });
    }, t("saved"));
    if (!saved) return;
    onSaved();
    onClose();
  };
  return (
    <Dialog title={t(fact === undefined ? "addFact" : "edit")} onClose={onClose}>
      <form class="form" onSubmit={save}>
        <Field label={t("fact")} value={content} onInput={setContent} rows={3} required />
        <Choice<string> label={t("category")} value={category} options={options} onChange={setCategory} />
        <Row end>
          <Button label={t("cancel")} onClick={onClose} />
          <Button kind="primary" type="submit" label={t("save")} />
        </Row>
      </form>
    </Dialog>
  );
}
