import { randomBytes } from "node:crypto";
import type { SceneDocument } from "../../schemas/documents/automation.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import {
  createScene,
  deleteScene,
  executeScene,
  getScene,
  listScenes,
  updateScene,
} from "../../schemas/routes/scenes.ts";
import { serveRoute } from "../requests/rest.ts";
import type { AutomationServices } from "./rule-routes.ts";
import { shownScene } from "./rule-store.ts";
import { runScene } from "./steps.ts";

/** Serves the scene routes. */
export function serveSceneRoutes(services: AutomationServices): void {
  const { actor, rules } = services;
  const most = actor.settings.limits.userRules;
  serveRoute(actor, listScenes, async ({ principal }) => {
    const found = await rules.scenes(principal.user_id, most);
    return { scenes: found.map(shownScene), count: found.length };
  });
  serveRoute(actor, createScene, async ({ principal: { user_id: user }, body }) => {
    if ((await rules.countScenes(user, most)) >= most)
      throw new ParleyError("rate_limited", { error: "场景数量已达上限" });
    const scene: SceneDocument = {
      _id: randomBytes(16).toString("hex"),
      user,
      ...body,
      created_at: new Date(),
    };
    await rules.addScene(scene);
    return { success: true as const, scene: shownScene(scene) };
  });
  serveRoute(actor, getScene, async ({ principal, params }) => {
    const scene = await rules.scene(principal.user_id, params.id);
    if (scene === null) throw missing();
    return { scene: shownScene(scene) };
  });
  serveRoute(actor, updateScene, async ({ principal: { user_id: user }, params, body }) => {
    const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    const empty = Object.keys(given).length === 0;
    const scene = await (empty ? rules.scene(user, params.id) : rules.changeScene(user, params.id, given));
    if (scene === null) throw missing();
    return { success: true as const, scene: shownScene(scene) };
  });
  serveRoute(actor, deleteScene, async ({ principal, params }) => {
    if (!(await rules.deleteScene(principal.user_id, params.id))) throw missing();
    return { success: true as const };
  });
  serveRoute(actor, executeScene, async ({ principal: { user_id: user }, params, idempotency_key: key }) => {
    const scene = await rules.scene(user, params.id);
    if (scene === null) throw missing();
    const trigger = { type: "scene", at: Date.now() };
    const run = { id: newId("run_"), user, rule: scene._id, trigger, chain: [], dry_run: false };
    await runScene(services, scene._id, { run, key: key ?? newId("scene_") });
    return { success: true as const, message: "场景已执行" };
  });
}

function missing(): ParleyError {
  return new ParleyError("not_found", { error: "场景不存在" });
}
