import { useState } from "preact/hooks";
import type { Answer } from "../../../client/index.ts";
import { Button, Row } from "../../parts/button.tsx";
import { confirm, Dialog } from "../../parts/dialog.tsx";
import { Field, Page, Section } from "../../parts/field.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Menu } from "../../parts/menu.tsx";
import { Empty, Loaded } from "../../parts/state.tsx";
import { count } from "../../parts/time.ts";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { goTo, linkTo, route } from "../../state/route.ts";
import { useAsked } from "../../state/store.ts";
import { attempt } from "../../state/toasts.ts";
import { Base } from "./base.tsx";
import { KnowledgeSearch } from "./search.tsx";

type KnowledgeBase = Answer<"listBases">["knowledge_bases"][number];

/** Knowledge bases, or one of them. */
export default function Knowledge() {
  const [, id] = route.value;
  return id ? <Base key={id} id={id} /> : <Bases />;
}

function Bases() {
  const asked = useAsked(() => client().api.listBases(), []);
  const [edited, setEdited] = useState<{ base: KnowledgeBase | undefined }>();
  const make = (
    <Button kind="primary" icon="plus" label={t("newBase")} onClick={() => setEdited({ base: undefined })} />
  );
  return (
    <Page title={t("knowledge")} text={t("knowledgeText")} action={make}>
      <KnowledgeSearch bases={undefined} />
      <Section title={t("bases")}>
        <Loaded asked={asked}>
          {({ knowledge_bases }) =>
            knowledge_bases.length === 0 ? (
              <Empty icon="book" title={t("noBases")} text={t("noBasesText")} />
            ) : (
              <div class="cards">
                {knowledge_bases.map((base) => (
                  <BaseCard
                    key={base.id}
                    base={base}
                    again={asked.again}
                    onEdit={() => setEdited({ base })}
                  />
                ))}
              </div>
            )
          }
        </Loaded>
      </Section>
      {edited && <BaseForm base={edited.base} onClose={() => setEdited(undefined)} onSaved={asked.again} />}
    </Page>
  );
}

function BaseCard({ base, again, onEdit }: { base: KnowledgeBase; again: () => void; onEdit: () => void }) {
  const remove = async () => {
    if (!(await confirm(t("deleteBase"), t("deleteBaseText", { name: base.name }), t("delete")))) return;
    await attempt(() => client().api.deleteBase({ params: { id: base.id } }), t("deleted"));
    again();
  };
  return (
    <article class="card" aria-label={base.name}>
      <header>
        <h3>
          <a href={linkTo("knowledge", base.id)}>{base.name}</a>
        </h3>
        <Menu
          label={t("baseActions", { name: base.name })}
          entries={[
            { icon: "edit", label: t("edit"), act: onEdit },
            { icon: "trash", label: t("deleteBase"), act: remove, danger: true },
          ]}
        />
      </header>
      <p class="muted">{base.description}</p>
      <footer>
        <Row>
          <Icon name="files" size={16} />
          {t("documentCount", { count: count(base.doc_count) })}
        </Row>
      </footer>
    </article>
  );
}

function BaseForm(props: { base: KnowledgeBase | undefined; onClose: () => void; onSaved: () => void }) {
  const { base, onClose, onSaved } = props;
  const [name, setName] = useState(base?.name ?? "");
  const [description, setDescription] = useState(base?.description ?? "");
  const save = async (event: Event) => {
    event.preventDefault();
    const { api } = client();
    const body = { name, description };
    const saved = await attempt(async () => {
      if (base === undefined) goTo("knowledge", (await api.createBase({ body })).id);
      else await api.updateBase({ params: { id: base.id }, body });
    }, t("saved"));
    if (!saved) return;
    onSaved();
    onClose();
  };
  return (
    <Dialog title={base?.name ?? t("newBase")} onClose={onClose}>
      <form class="form" onSubmit={save}>
        <Field label={t("name")} value={name} onInput={setName} required />
        <Field label={t("description")} value={description} onInput={setDescription} rows={3} />
        <Row end>
          <Button label={t("cancel")} onClick={onClose} />
          <Button kind="primary" type="submit" label={t("save")} />
        </Row>
      </form>
    </Dialog>
  );
}
