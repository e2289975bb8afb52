import { useEffect, useState } from "preact/hooks";
import type { Answer } from "../../../client/index.ts";
import { Button, IconButton, Row } from "../../parts/button.tsx";
import { confirm, Dialog } from "../../parts/dialog.tsx";
import { Page, Section } from "../../parts/field.tsx";
import { Empty, Loaded } from "../../parts/state.tsx";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { ingestion } from "../../state/notices.ts";
import { linkTo } from "../../state/route.ts";
import { useAsked } from "../../state/store.ts";
import { attempt } from "../../state/toasts.ts";
import { AddDocument } from "./add-document.tsx";
import { KnowledgeSearch } from "./search.tsx";

type KnowledgeDocument = Answer<"listDocuments">["documents"][number];

/** One knowledge base with its documents, and how they are being read. */
export function Base({ id }: { id: string }) {
  const asked = useAsked(() => client().api.getBase({ params: { id } }), [id]);
  const [adding, setAdding] = useState(false);
  const [shown, setShown] = useState<KnowledgeDocument>();
  const states = [...ingestion.value.values()].filter(({ kb_id }) => kb_id === id);
  const settled = states.filter(({ status }) => status === "ready" || status === "failed").length;
  useEffect(() => {
    if (settled > 0) asked.again();
  }, [settled]);
  const add = <Button kind="primary" icon="plus" label={t("addDocument")} onClick={() => setAdding(true)} />;
  return (
    <Loaded asked={asked}>
      {({ knowledge_base, documents }) => (
        <Page title={knowledge_base.name} text={knowledge_base.description} action={add}>
          <p>
            <a href={linkTo("knowledge")}>← {t("bases")}</a>
          </p>
          <KnowledgeSearch bases={[id]} />
          <Section title={t("documents")}>
            {documents.length === 0 && (
              <Empty icon="files" title={t("noDocuments")} text={t("noDocumentsText")} />
            )}
            {documents.length > 0 && (
              <ul class="lines">
                {documents.map((one) => (
                  <Line key={one.id} document={one} again={asked.again} onShow={() => setShown(one)} />
                ))}
              </ul>
            )}
          </Section>
          {adding && <AddDocument base={id} onClose={() => setAdding(false)} onSaved={asked.again} />}
          {shown && <Passages document={shown} onClose={() => setShown(undefined)} />}
        </Page>
      )}
    </Loaded>
  );
}

function Line(props: { document: KnowledgeDocument; again: () => void; onShow: () => void }) {
  const { document, again, onShow } = props;
  const progress = ingestion.value.get(document.id);
  const reading = document.status === "pending";
  const remove = async () => {
    if (
      !(await confirm(t("deleteDocument"), t("deleteDocumentText", { title: document.title }), t("delete")))
    )
      return;
    await attempt(() => client().api.deleteDocument({ params: { id: document.id } }), t("deleted"));
    again();
  };
  return (
    <li>
      <span class="grow">
        <strong>{document.title}</strong>
        <span class="muted">{document.source_ref || document.source_type}</span>
        {document.warning && <span class="badge warn">{document.warning}</span>}
        {document.error && <span class="bad">{document.error}</span>}
        {reading && (
          <progress
            max={1}
            value={progress?.progress}
            aria-label={t("readingDocument", { title: document.title })}
          />
        )}
      </span>
      <span
        class={`badge ${document.status === "ready" ? "good" : document.status === "failed" ? "bad" : "working"}`}
      >
        {document.status === "ready"
          ? t("passageCount", { count: document.chunk_count })
          : t(`document_${document.status}`)}
      </span>
      <IconButton icon="search" label={t("showPassages", { title: document.title })} onClick={onShow} />
      <IconButton icon="trash" label={t("deleteDocument")} onClick={remove} />
    </li>
  );
}

function Passages({ document, onClose }: { document: KnowledgeDocument; onClose: () => void }) {
  const asked = useAsked(() => client().api.getDocument({ params: { id: document.id } }), [document.id]);
  return (
    <Dialog title={document.title} wide onClose={onClose}>
      <Loaded asked={asked}>
        {({ chunks }) => (
          <ul class="stack">
            {chunks.length === 0 && <li class="muted">{t("noPassages")}</li>}
            {chunks.map((chunk) => (
              <li key={chunk.id} class="passage">
                {chunk.heading && <strong>{chunk.heading}</strong>}
                <p>{chunk.content}</p>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <Row end>
        <Button label={t("close")} onClick={onClose} />
      </Row>
    </Dialog>
  );
}
