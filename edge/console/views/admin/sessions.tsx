import { Button } from "../../parts/button.tsx";
import { Section } from "../../parts/field.tsx";
import { Loaded } from "../../parts/state.tsx";
import { ago, count } from "../../parts/time.ts";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";

/** Sessions and clients of all edges. */
export function Sessions() {
  const sessions = useAsked(() => client().api.listSessionStates({ query: { limit: 100 } }), []);
  const clients = useAsked(() => client().api.listClients(), []);
  const again = () => {
    sessions.again();
    clients.again();
  };
  return (
    <>
      <Section
        title={t("liveSessions")}
        action={<Button icon="refresh" label={t("refresh")} onClick={again} />}
      >
        <Loaded asked={sessions}>
          {(answer) => (
            <Table
              title={t("liveSessions")}
              heads={["session", "user", "state", "waitingCount", "connections", "lastActive"]}
            >
              {answer.sessions.map((one) => (
                <tr key={`${one.user_id}/${one.session_id}`}>
                  <td>{one.title || one.session_id}</td>
                  <td class="mono">{one.user_id}</td>
                  <td>
                    <span class={one.status === "processing" ? "badge working" : "badge"}>
                      {t(one.status === "processing" ? "working" : "idle")}
                    </span>
                  </td>
                  <td>{count(one.queue_length)}</td>
                  <td>{count(one.connections)}</td>
                  <td>{ago(one.last_active)}</td>
                </tr>
              ))}
            </Table>
          )}
        </Loaded>
      </Section>
      <Section title={t("clients")}>
        <Loaded asked={clients}>
          {(answer) => (
            <Table title={t("clients")} heads={["deviceName", "clientId", "state", "lastActive"]}>
              {answer.clients.map((one) => (
                <tr key={one.client_id}>
                  <td>{one.device_name || "–"}</td>
                  <td class="mono">{one.client_id}</td>
                  <td>
                    <span class={one.online ? "badge good" : "badge"}>
                      {t(one.online ? "online" : "away")}
                    </span>
                  </td>
                  <td>{ago(one.last_seen)}</td>
                </tr>
              ))}
            </Table>
          )}
        </Loaded>
      </Section>
    </>
  );
}

const texts = {
  session: "session",
  user: "user",
  state: "state",
  waitingCount: "waitingCount",
  connections: "connections",
  lastActive: "lastActive",
  deviceName: "deviceName",
  clientId: "clientId",
} as const;

function Table(props: {
  title: string;
  heads: readonly (keyof typeof texts)[];
  children: preact.ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus
    <section class="table-frame" tabIndex={0} aria-label={props.title}>
      <table>
        <thead>
          <tr>
            {props.heads.map((head) => (
              <th key={head} scope="col">
                {t(texts[head])}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </section>
  );
}
