import { ParleyError } from "../../schemas/errors.ts";
import * as routes from "../../schemas/routes/images.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../rest.ts";
import { ImageAnalyzer } from "./image-analyzer.ts";
import { PictureSlots } from "./picture-slots.ts";
import { Vision } from "./vision.ts";

/** Serves the analysis of pictures. Any number of processes may. */
export function startImages(context: ActorContext): void {
  const { files, settings } = context;
  const { limits } = settings;
  const analyzer = new ImageAnalyzer(new PictureSlots(limits.imageJobs), new Vision(context), limits);

  const ofFile = async (user: string, id: string, position: boolean) => {
    const file = await files.own(user, id);
    return analyzer.analyze(user, () => files.bytes(file, limits.uploadBytes), position);
  };
  serveRoute(context, routes.getImageAnalysis, ({ principal, params, query }) =>
    ofFile(principal.user_id, params.file_id, query.position),
  );
  serveRoute(context, routes.analyzeImage, async ({ principal, query, body }) => {
    const { file_id: id, file, image } = body;
    if (id !== undefined) return ofFile(principal.user_id, id, query.position);
    const part = file ?? image;
    if (part === undefined) throw new ParleyError("invalid_request");
    const read = () => files.partBytes(part, limits.imageUploadBytes);
    return analyzer.analyze(principal.user_id, read, query.position);
  });
}
