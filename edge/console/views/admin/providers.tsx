import { useState } from "preact/hooks";
import type { Answer } from "../../../client/index.ts";
import { Button, IconButton, Row } from "../../parts/button.tsx";
import { confirm, Dialog } from "../../parts/dialog.tsx";
import { Field, Section } from "../../parts/field.tsx";
import { Empty, Loaded } from "../../parts/state.tsx";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";
import { attempt, toast } from "../../state/toasts.ts";
import { FetchedModels } from "./fetched-models.tsx";

type Provider = Answer<"listProviders">["providers"][number];

/** Where models come from. */
export function Providers() {
  const asked = useAsked(() => client().api.listProviders(), []);
  const [edited, setEdited] = useState<{ provider: Provider | undefined }>();
  const [fetched, setFetched] = useState<string>();
  const make = (
    <Button
      kind="primary"
      icon="plus"
      label={t("newProvider")}
      onClick={() => setEdited({ provider: undefined })}
    />
  );
  return (
    <Section title={t("admin_providers")} action={make}>
      <Loaded asked={asked}>
        {({ providers }) =>
          providers.length === 0 ? (
            <Empty icon="admin" title={t("noProviders")} text={t("noProvidersText")} />
          ) : (
            <ul class="lines">
              {providers.map((provider) => (
                <Line
                  key={provider.name}
                  provider={provider}
                  again={asked.again}
                  onEdit={() => setEdited({ provider })}
                  onFetch={() => setFetched(provider.name)}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
      {edited && (
        <ProviderForm provider={edited.provider} onClose={() => setEdited(undefined)} onSaved={asked.again} />
      )}
      {fetched && <FetchedModels provider={fetched} onClose={() => setFetched(undefined)} />}
    </Section>
  );
}

function Line(props: { provider: Provider; again: () => void; onEdit: () => void; onFetch: () => void }) {
  const { provider, again, onEdit, onFetch } = props;
  const { name } = provider;
  const check = () =>
    attempt(async () => {
      const { ok, model, latency_ms, error, message } = await client().api.checkProvider({
        body: { provider: name },
      });
      if (ok) toast("success", t("providerWorks", { name }), `${model ?? ""} ${latency_ms ?? ""} ms`);
      else toast("error", t("providerFails", { name }), error ?? message);
    });
  const remove = async () => {
    if (!(await confirm(t("deleteProvider"), t("deleteProviderText", { name }), t("delete")))) return;
    await attempt(() => client().api.deleteProvider({ params: { name } }), t("deleted"));
    again();
  };
  return (
    <li>
      <span class="grow">
        <strong>{name}</strong>
        <span class="muted mono">{provider.base_url}</span>
        <span class="muted mono">{provider.api_key || t("noKey")}</span>
      </span>
      <Button label={t("check")} onClick={check} />
      <Button label={t("fetchModels")} onClick={onFetch} />
      <IconButton icon="edit" label={t("editNamed", { name })} onClick={onEdit} />
      <IconButton icon="trash" label={t("deleteNamed", { name })} onClick={remove} />
    </li>
  );
}

function ProviderForm(props: { provider: Provider | undefined; onClose: () => void; onSaved: () => void }) {
  const { provider, onClose, onSaved } = props;
  const [name, setName] = useState(provider?.name ?? "");
  const [url, setUrl] = useState(provider?.base_url ?? "https://");
  const [key, setKey] = useState(provider?.api_key ?? "");
  const save = async (event: Event) => {
    event.preventDefault();
    const body = { base_url: url, ...(key !== "" && { api_key: key }) };
    if (!(await attempt(() => client().api.saveProvider({ params: { name }, body }), t("saved")))) return;
    onSaved();
    onClose();
  };
  return (
    <Dialog title={provider?.name ?? t("newProvider")} onClose={onClose}>
      <form class="form" onSubmit={save}>
        {provider === undefined && <Field label={t("name")} value={name} onInput={setName} required />}
        <Field
          label={t("baseUrl")}
          type="url"
          value={url}
          onInput={setUrl}
          hint={t("baseUrlHint")}
          required
        />
        <Field label={t("apiKey")} value={key} onInput={setKey} autoComplete="off" mono />
        <Row end>
          <Button label={t("cancel")} onClick={onClose} />
          <Button kind="primary" type="submit" label={t("save")} />
        </Row>
      </form>
    </Dialog>
  );
}
