import { useRef, useState } from "preact/hooks";
import { Button, IconButton, Row } from "../../parts/button.tsx";
import { Choice, Section } from "../../parts/field.tsx";
import { Loaded } from "../../parts/state.tsx";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";
import { attempt } from "../../state/toasts.ts";

const purposes = ["chat", "vision", "embedding", "stt", "tts"] as const;
type Purpose = (typeof purposes)[number];

/** Which models answer for what, and who comes next when one fails. */
export function Routing() {
  const asked = useAsked(async () => {
    const { api } = client();
    const [routing, stored] = await Promise.all([api.listModelRoutes(), api.listStoredModels()]);
    return { rules: routing.rules, models: stored.models.map(({ id }) => id) };
  }, []);
  return (
    <Loaded asked={asked}>
      {({ rules, models }) => (
        <>
          <p class="muted">{t("routingText")}</p>
          <br />
          {purposes.map((purpose) => (
            <Chain
              key={purpose}
              purpose={purpose}
              stored={rules.find((rule) => rule.purpose === purpose)?.fallback_chain ?? []}
              models={models}
              again={asked.again}
            />
          ))}
        </>
      )}
    </Loaded>
  );
}

function Chain(props: {
  purpose: Purpose;
  stored: readonly string[];
  models: readonly string[];
  again: () => void;
}) {
  const { purpose, stored, models, again } = props;
  const [chain, setChain] = useState(stored);
  const dragged = useRef<number>(undefined);
  const left = models.filter((id) => !chain.includes(id));
  const changed = chain.join("\n") !== stored.join("\n");
  const move = (from: number, to: number) => {
    const rest = chain.filter((_, at) => at !== from);
    setChain(rest.toSpliced(to, 0, chain[from] ?? ""));
  };
  const save = async () => {
    const { api } = client();
    const done = await attempt(
      () =>
        chain.length === 0
          ? api.deleteModelRoute({ params: { purpose } })
          : api.saveModelRoute({ params: { purpose }, body: { fallback_chain: [...chain] } }),
      t("saved"),
    );
    if (done) again();
  };
  return (
    <Section title={t(`purpose_${purpose}`)}>
      <ol class="chain">
        {chain.map((id, at) => (
          <li
            key={id}
            draggable
            onDragStart={() => {
              dragged.current = at;
            }}
            onDragOver={(event) => event.preventDefault()}
            onDrop={() => dragged.current !== undefined && move(dragged.current, at)}
          >
            <span class="badge">{at + 1}</span>
            <span class="grow mono">{id}</span>
            <IconButton
              icon="up"
              label={t("moveUpNamed", { name: id })}
              disabled={at === 0}
              onClick={() => move(at, at - 1)}
            />
            <IconButton
              icon="close"
              label={t("removeNamed", { name: id })}
              onClick={() => setChain(chain.filter((one) => one !== id))}
            />
          </li>
        ))}
      </ol>
      <Row>
        {left.length > 0 && (
          <Choice<string>
            label={t("addModel")}
            value=""
            options={[["", "–"], ...left.map((id) => [id, id] as const)]}
            onChange={(id) => id !== "" && setChain([...chain, id])}
          />
        )}
        {changed && <Button kind="primary" label={t("save")} onClick={save} />}
      </Row>
    </Section>
  );
}
