import { useState } from "preact/hooks";
import { Button, Row } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Field } from "../../parts/field.tsx";
import { Loaded } from "../../parts/state.tsx";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";
import { attempt } from "../../state/toasts.ts";

/** Models that a provider says it has; each can be added. */
export function FetchedModels({ provider, onClose }: { provider: string; onClose: () => void }) {
  const asked = useAsked(() => client().api.fetchModels({ params: { name: provider } }), [provider]);
  const [words, setWords] = useState("");
  const [added, setAdded] = useState<readonly string[]>([]);
  const add = (id: string) =>
    attempt(async () => {
      await client().api.saveModel({ params: { id }, body: { name: id, provider, enabled: true } });
      setAdded((all) => [...all, id]);
    }, t("saved"));
  return (
    <Dialog title={t("modelsOf", { name: provider })} wide onClose={onClose}>
      <Field label={t("searchFor")} type="search" value={words} onInput={setWords} />
      <Loaded asked={asked}>
        {({ models }) => (
          <ul class="lines">
            {models
              .filter(({ id }) => id.toLowerCase().includes(words.toLowerCase()))
              .map(({ id }) => (
                <li key={id}>
                  <span class="grow mono">{id}</span>
                  <Button
                    label={added.includes(id) ? t("saved") : t("add")}
                    disabled={added.includes(id)}
                    onClick={() => add(id)}
                  />
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
