import { useState } from "preact/hooks";
import { Button } from "../../parts/button.tsx";
import { confirm } from "../../parts/dialog.tsx";
import { Field, Section } from "../../parts/field.tsx";
import { Loaded } from "../../parts/state.tsx";
import { count } from "../../parts/time.ts";
import { client, profile } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";
import { attempt } from "../../state/toasts.ts";

/** Users who have sessions, and the way to erase one. */
export function Users() {
  const asked = useAsked(() => client().api.listSessionStates({ query: { limit: 500 } }), []);
  const [id, setId] = useState("");
  const erase = async (user: string) => {
    if (!(await confirm(t("eraseUser"), t("eraseUserText", { user }), t("erase")))) return;
    await attempt(() => client().api.deleteUser({ params: { id: user } }), t("erased"));
    asked.again();
  };
  return (
    <>
      <Section title={t("activeUsers")}>
        <Loaded asked={asked}>
          {({ sessions }) => (
            <ul class="lines">
              {countByUser(sessions.map(({ user_id }) => user_id)).map(([user, number]) => (
                <li key={user}>
                  <span class="grow">
                    <strong class="mono">{user}</strong>
                    <span class="muted">{t("sessionCount", { count: count(number) })}</span>
                  </span>
                  {user !== profile.value?.user_id && (
                    <Button kind="danger" icon="trash" label={t("erase")} onClick={() => erase(user)} />
                  )}
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </Section>
      <Section title={t("eraseUser")}>
        <form
          class="search-row"
          onSubmit={(event) => {
            event.preventDefault();
            void erase(id);
          }}
        >
          <Field label={t("userId")} value={id} onInput={setId} placeholder="user_alice" required />
          <Button kind="danger" type="submit" label={t("erase")} />
        </form>
      </Section>
    </>
  );
}

function countByUser(users: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const user of users) counts.set(user, (counts.get(user) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}
