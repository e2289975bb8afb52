import { z } from "zod";
import { idSchema } from "../ids.ts";
import { filePartSchema } from "../wire/file-part.ts";
import { imageAnalysisSchema } from "../wire/image.ts";
import { defineRoute } from "./route.ts";

const area = "images";
const access = "user";
/** Whether the answer may tell where the picture was taken. */
const query = z.object({
  position: z
    .stringbool()
    .default(false)
    .describe("Whether the answer may tell where the picture was taken."),
});

/** `POST /api/v1/images/analyze`: an uploaded file by its id, or a picture in the request. */
export const analyzeImage = defineRoute({
  method: "post",
  path: "/api/v1/images/analyze",
  access,
  area,
  name: "analyze",
  summary: "Analyse a picture; `position=true` also tells where it was taken",
  query,
  body: z
    .object({
      file_id: idSchema.optional().describe("Id of an uploaded file."),
      file: filePartSchema.optional().describe("The file."),
      image: filePartSchema.optional().describe("The image."),
    })
    .refine(
      ({ file_id, file, image }) => [file_id, file, image].filter((one) => one !== undefined).length === 1,
      {
        path: ["file_id"],
        message: "is required, or one picture in file or image",
      },
    ),
  multipart: { files: ["file", "image"], maxBytes: "imageUploadBytes", bucket: "bulk", orJson: true },
  answer: imageAnalysisSchema,
  patience: "imageAnswerMs",
});

/** `GET /api/v1/images/analyze/:file_id`. */
export const getImageAnalysis = defineRoute({
  method: "get",
  path: "/api/v1/images/analyze/:file_id",
  access,
  area,
  name: "get",
  summary: "Analyse an uploaded picture; `position=true` also tells where it was taken",
  params: z.object({ file_id: idSchema.describe("Id of an uploaded file.") }),
  query,
  answer: imageAnalysisSchema,
  patience: "imageAnswerMs",
});
