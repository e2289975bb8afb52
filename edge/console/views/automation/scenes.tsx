import { useState } from "preact/hooks";
import type { Answer } from "../../../client/index.ts";
import { Button, Row } from "../../parts/button.tsx";
import { confirm, Dialog } from "../../parts/dialog.tsx";
import { Field, Section } from "../../parts/field.tsx";
import { Menu } from "../../parts/menu.tsx";
import { Empty, Loaded } from "../../parts/state.tsx";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";
import { attempt } from "../../state/toasts.ts";

type Scene = Answer<"listScenes">["scenes"][number];

/** Scenes: rules that are run together by one press. */
export function Scenes() {
  const asked = useAsked(() => client().api.listScenes(), []);
  const [edited, setEdited] = useState<{ scene: Scene | undefined }>();
  const make = (
    <Button
      kind="primary"
      icon="plus"
      label={t("newScene")}
      onClick={() => setEdited({ scene: undefined })}
    />
  );
  return (
    <Section title={t("scenes")} action={make}>
      <Loaded asked={asked}>
        {({ scenes }) =>
          scenes.length === 0 ? (
            <Empty icon="star" title={t("noScenes")} text={t("noScenesText")} />
          ) : (
            <div class="cards">
              {scenes.map((scene) => (
                <SceneCard
                  key={scene.id}
                  scene={scene}
                  again={asked.again}
                  onEdit={() => setEdited({ scene })}
                />
              ))}
            </div>
          )
        }
      </Loaded>
      {edited && (
        <SceneForm scene={edited.scene} onClose={() => setEdited(undefined)} onSaved={asked.again} />
      )}
    </Section>
  );
}

function SceneCard({ scene, again, onEdit }: { scene: Scene; again: () => void; onEdit: () => void }) {
  const { api } = client();
  const params = { id: scene.id };
  const remove = async () => {
    if (!(await confirm(t("deleteScene"), t("deleteSceneText", { name: scene.name }), t("delete")))) return;
    await attempt(() => api.deleteScene({ params }), t("deleted"));
    again();
  };
  return (
    <article class="card" aria-label={scene.name}>
      <header>
        <h3>
          {scene.icon} {scene.name}
        </h3>
        <Menu
          label={t("sceneActions", { name: scene.name })}
          entries={[
            { icon: "edit", label: t("edit"), act: onEdit },
            { icon: "trash", label: t("deleteScene"), act: remove, danger: true },
          ]}
        />
      </header>
      <p class="muted">{t("sceneRules", { count: scene.rule_ids.length })}</p>
      <Button
        kind="primary"
        icon="play"
        label={t("start")}
        onClick={() => attempt(() => api.executeScene({ params }), t("sceneStarted"))}
      />
    </article>
  );
}

function SceneForm(props: { scene: Scene | undefined; onClose: () => void; onSaved: () => void }) {
  const { scene, onClose, onSaved } = props;
  const [name, setName] = useState(scene?.name ?? "");
  const [icon, setIcon] = useState(scene?.icon ?? "✨");
  const [chosen, setChosen] = useState<readonly string[]>(scene?.rule_ids ?? []);
  const rules = useAsked(() => client().api.listRules(), []);
  const toggle = (id: string) =>
    setChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  const save = async (event: Event) => {
    event.preventDefault();
    const { api } = client();
    const body = { name, icon, rule_ids: [...chosen] };
    const saved = await attempt(
      () =>
        scene === undefined ? api.createScene({ body }) : api.updateScene({ params: { id: scene.id }, body }),
      t("saved"),
    );
    if (!saved) return;
    onSaved();
    onClose();
  };
  return (
    <Dialog title={scene?.name ?? t("newScene")} onClose={onClose}>
      <form class="form" onSubmit={save}>
        <div class="form-row">
          <Field label={t("name")} value={name} onInput={setName} required />
          <Field label={t("icon")} value={icon} onInput={setIcon} />
        </div>
        <fieldset class="form">
          <legend>{t("rules")}</legend>
          <Loaded asked={rules}>
            {(answer) =>
              answer.rules.map((rule) => (
                <label key={rule.id} class="row">
                  <input
                    type="checkbox"
                    checked={chosen.includes(rule.id)}
                    onChange={() => toggle(rule.id)}
                  />
                  {rule.name}
                </label>
              ))
            }
          </Loaded>
        </fieldset>
        <Row end>
          <Button label={t("cancel")} onClick={onClose} />
          <Button kind="primary" type="submit" label={t("save")} />
        </Row>
      </form>
    </Dialog>
  );
}
