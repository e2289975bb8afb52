import { z } from "zod";
import { sceneSchema } from "../documents/automation.ts";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

const area = "automation";
const access = "user";
const params = z.object({ id: idSchema.describe("Id of the entry.") });
const name = z.string().trim().min(1).max(128).describe("Name.");
const sceneFields = {
  name,
  icon: z.string().max(256).describe("Icon, for example an emoji."),
  rule_ids: z.array(idSchema).max(200).describe("Rules of the scene, in the order in which they run."),
};
const oneScene = z.object({
  success: z.literal(true).describe("Always true; failures are errors."),
  scene: sceneSchema.describe("The scene."),
});
const done = z.object({ success: z.literal(true).describe("Always true; failures are errors.") });

/** `GET /api/v1/automation/scenes`. */
export const listScenes = defineRoute({
  method: "get",
  path: "/api/v1/automation/scenes",
  access,
  area,
  name: "scenes",
  summary: "Scenes",
  answer: z.object({
    scenes: z.array(sceneSchema).describe("The scenes."),
    count: z.int().describe("Number of entries."),
  }),
});

/** `POST /api/v1/automation/scenes`. */
export const createScene = defineRoute({
  method: "post",
  path: "/api/v1/automation/scenes",
  access,
  area,
  name: "scene-create",
  summary: "Make a scene",
  body: z.object({
    name: name.describe("Name."),
    icon: sceneFields.icon.default("").describe("Icon, for example an emoji."),
    rule_ids: sceneFields.rule_ids
      .default([])
      .describe("Rules of the scene, in the order in which they run."),
  }),
  answer: oneScene,
  status: 201,
});

/** `GET /api/v1/automation/scenes/:id`. */
export const getScene = defineRoute({
  method: "get",
  path: "/api/v1/automation/scenes/:id",
  access,
  area,
  name: "scene",
  summary: "A scene",
  params,
  answer: z.object({ scene: sceneSchema.describe("The scene.") }),
});

/** `PUT /api/v1/automation/scenes/:id`. */
export const updateScene = defineRoute({
  method: "put",
  path: "/api/v1/automation/scenes/:id",
  access,
  area,
  name: "scene-update",
  summary: "Change a scene",
  params,
  body: z.object(sceneFields).partial(),
  answer: oneScene,
});

/** `DELETE /api/v1/automation/scenes/:id`. */
export const deleteScene = defineRoute({
  method: "del",
  path: "/api/v1/automation/scenes/:id",
  access,
  area,
  name: "scene-delete",
  summary: "Delete a scene; its rules stay",
  params,
  answer: done,
});

/** `POST /api/v1/automation/scenes/:id/execute`: answered when the runs of its rules are stored. */
export const executeScene = defineRoute({
  method: "post",
  path: "/api/v1/automation/scenes/:id/execute",
  access,
  area,
  name: "scene-execute",
  summary: "Run the rules of a scene now",
  params,
  answer: z.object({
    success: z.literal(true).describe("Always true; failures are errors."),
    message: z.string().describe("Text of the message."),
  }),
});
