import { useState } from "preact/hooks";
import { Button, IconButton, Row } from "../parts/button.tsx";
import { confirm } from "../parts/dialog.tsx";
import { Field, Page, Section } from "../parts/field.tsx";
import { Snippet } from "../parts/snippet.tsx";
import { Loaded } from "../parts/state.tsx";
import { count, shortTime } from "../parts/time.ts";
import { client, deviceName, profile, setDeviceName, signOut } from "../state/account.ts";
import { t } from "../state/language.ts";
import { useAsked } from "../state/store.ts";
import { attempt } from "../state/toasts.ts";
import { Preferences } from "./preferences.tsx";

/** The user's own settings. */
export default function Settings() {
  const out = <Button icon="out" label={t("signOut")} onClick={() => attempt(signOut)} />;
  return (
    <Page title={t("settings")} text={profile.value?.username ?? ""} action={out}>
      <Section title={t("appearance")}>
        <Preferences />
      </Section>
      <ProfileForm />
      <Keys />
      <Quota />
      <Section title={t("api")}>
        <p>
          <a href="./api/docs">{t("apiDocs")}</a>
        </p>
      </Section>
    </Page>
  );
}

function ProfileForm() {
  const [nickname, setNickname] = useState(profile.value?.nickname ?? "");
  const [zone, setZone] = useState(profile.value?.time_zone ?? "");
  const [device, setDevice] = useState(deviceName.value);
  const save = async (event: Event) => {
    event.preventDefault();
    setDeviceName(device);
    await attempt(async () => {
      const body = { ...(nickname && { nickname }), ...(zone && { time_zone: zone }) };
      profile.value = await client().api.putProfile({ body });
    }, t("saved"));
  };
  return (
    <Section title={t("profile")}>
      <form class="form" onSubmit={save}>
        <div class="form-row">
          <Field label={t("nickname")} value={nickname} onInput={setNickname} />
          <Field label={t("timeZone")} value={zone} onInput={setZone} placeholder="Asia/Shanghai" />
          <Field label={t("deviceName")} value={device} onInput={setDevice} />
        </div>
        <Row end>
          <Button kind="primary" type="submit" label={t("save")} />
        </Row>
      </form>
    </Section>
  );
}

function Keys() {
  const asked = useAsked(() => client().api.listKeys(), []);
  const [name, setName] = useState("");
  const [made, setMade] = useState<string>();
  const create = async (event: Event) => {
    event.preventDefault();
    await attempt(async () => setMade((await client().api.createKey({ body: { name } })).key));
    setName("");
    asked.again();
  };
  const remove = async (id: string, of: string) => {
    if (!(await confirm(t("revokeKey"), t("revokeKeyText", { name: of }), t("revoke")))) return;
    await attempt(() => client().api.deleteKey({ params: { id } }), t("deleted"));
    asked.again();
  };
  return (
    <Section title={t("apiKeys")}>
      <div class="stack">
        <form class="search-row" onSubmit={create}>
          <Field label={t("keyName")} value={name} onInput={setName} required />
          <Button type="submit" icon="plus" label={t("makeKey")} />
        </form>
        {made && (
          <>
            <p role="status">{t("keyOnce")}</p>
            <Snippet text={made} />
          </>
        )}
        <Loaded asked={asked}>
          {({ keys }) => (
            <ul class="lines">
              {keys.length === 0 && <li class="muted">{t("noKeys")}</li>}
              {keys.map((key) => (
                <li key={key.id}>
                  <span class="grow">
                    <strong>{key.name}</strong>
                    <span class="muted">{shortTime(key.created_at)}</span>
                  </span>
                  <IconButton
                    icon="trash"
                    label={t("revokeNamed", { name: key.name })}
                    onClick={() => remove(key.id, key.name)}
                  />
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </div>
    </Section>
  );
}

function Quota() {
  const asked = useAsked(() => client().api.getQuota(), []);
  const shown = (used: number, limit: number) =>
    limit > 0 ? `${count(used)} / ${count(limit)}` : count(used);
  return (
    <Section title={t("usage")}>
      <Loaded asked={asked}>
        {({ day, month }) => (
          <div class="cards">
            {(
              [
                ["today", day],
                ["thisMonth", month],
              ] as const
            ).map(([title, period]) => (
              <article key={title} class="card">
                <h3>{t(title)}</h3>
                <dl class="values">
                  <dt>{t("messages")}</dt>
                  <dd>{shown(period.messages, period.limit_messages)}</dd>
                  <dt>{t("tokens")}</dt>
                  <dd>{shown(period.tokens, period.limit_tokens)}</dd>
                  <dt>{t("resets")}</dt>
                  <dd>{shortTime(period.reset)}</dd>
                </dl>
              </article>
            ))}
          </div>
        )}
      </Loaded>
    </Section>
  );
}
