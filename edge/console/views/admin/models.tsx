import { useState } from "preact/hooks";
import type { Answer } from "../../../client/index.ts";
import { Button, IconButton, Row } from "../../parts/button.tsx";
import { confirm, Dialog } from "../../parts/dialog.tsx";
import { Choice, Field, Section, Switch } from "../../parts/field.tsx";
import { Empty, Loaded } from "../../parts/state.tsx";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";
import { attempt } from "../../state/toasts.ts";

type Model = Answer<"listStoredModels">["models"][number];

/** Configured models, priority 1 first. */
export function Models() {
  const asked = useAsked(() => client().api.listStoredModels(), []);
  const [edited, setEdited] = useState<{ model: Model | undefined }>();
  const make = (
    <Button
      kind="primary"
      icon="plus"
      label={t("newModel")}
      onClick={() => setEdited({ model: undefined })}
    />
  );
  return (
    <Section title={t("admin_models")} action={make}>
      <Loaded asked={asked}>
        {({ models }) =>
          models.length === 0 ? (
            <Empty icon="brain" title={t("noModels")} text={t("noModelsText")} />
          ) : (
            <ul class="lines">
              {models.map((model) => (
                <Line key={model.id} model={model} again={asked.again} onEdit={() => setEdited({ model })} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {edited && (
        <ModelForm model={edited.model} onClose={() => setEdited(undefined)} onSaved={asked.again} />
      )}
    </Section>
  );
}

function Line({ model, again, onEdit }: { model: Model; again: () => void; onEdit: () => void }) {
  const { api } = client();
  const { id, name } = model;
  const refused = Object.entries(model.learned ?? {}).filter(([, takes]) => takes === false);
  const enable = async (enabled: boolean) => {
    await attempt(() => api.saveModel({ params: { id }, body: { enabled } }));
    again();
  };
  const remove = async () => {
    if (!(await confirm(t("deleteModel"), t("deleteModelText", { name }), t("delete")))) return;
    await attempt(() => api.deleteModel({ params: { id } }), t("deleted"));
    again();
  };
  return (
    <li>
      <Switch label={t("modelOn", { name })} on={model.enabled} hidden onChange={(on) => void enable(on)} />
      <span class="grow">
        <strong>{name}</strong>
        <span class="muted">
          {model.provider} · <span class="mono">{id}</span>
        </span>
        {refused.length > 0 && (
          <span class="muted">{t("takesNot", { what: refused.map(([what]) => what).join(", ") })}</span>
        )}
      </span>
      <span class="badge">{t("priority", { number: model.priority })}</span>
      <IconButton icon="edit" label={t("editNamed", { name })} onClick={onEdit} />
      <IconButton icon="trash" label={t("deleteNamed", { name })} onClick={remove} />
    </li>
  );
}

function ModelForm(props: { model: Model | undefined; onClose: () => void; onSaved: () => void }) {
  const { model, onClose, onSaved } = props;
  const providers = useAsked(() => client().api.listProviders(), []);
  const [id, setId] = useState(model?.id ?? "");
  const [name, setName] = useState(model?.name ?? "");
  const [provider, setProvider] = useState(model?.provider ?? "");
  const [priority, setPriority] = useState(String(model?.priority ?? 100));
  const [params, setParams] = useState(JSON.stringify(model?.params ?? {}, undefined, 2));
  const save = async (event: Event) => {
    event.preventDefault();
    const saved = await attempt(() => {
      const settings = { name: name || id, provider, priority: Number(priority), params: JSON.parse(params) };
      return client().api.saveModel({ params: { id }, body: settings });
    }, t("saved"));
    if (!saved) return;
    onSaved();
    onClose();
  };
  const names = providers.value?.providers.map((one) => [one.name, one.name] as const) ?? [];
  const options = names.some(([one]) => one === provider)
    ? names
    : [[provider, provider || "–"] as const, ...names];
  return (
    <Dialog title={model?.name ?? t("newModel")} onClose={onClose}>
      <form class="form" onSubmit={save}>
        {model === undefined && <Field label={t("modelId")} value={id} onInput={setId} mono required />}
        <Field label={t("name")} value={name} onInput={setName} />
        <div class="form-row">
          <Choice<string> label={t("provider")} value={provider} options={options} onChange={setProvider} />
          <Field label={t("priorityLabel")} type="number" value={priority} onInput={setPriority} />
        </div>
        <Field label={t("params")} value={params} onInput={setParams} rows={5} mono hint={t("paramsHint")} />
        <Row end>
          <Button label={t("cancel")} onClick={onClose} />
          <Button kind="primary" type="submit" label={t("save")} />
        </Row>
      </form>
    </Dialog>
  );
}
