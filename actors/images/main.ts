import { ParleyError } from "../../schemas/errors.ts";
import type { Principal } from "../../schemas/principal.ts";
import * as routes from "../../schemas/routes/images.ts";
import type { ActorContext } from "../actor-context.ts";
import { isOver, serveRoute } from "../requests/rest.ts";
import { FairQueue } from "../runtime/fair-queue.ts";
import { ImageAnalyzer } from "./image-analyzer.ts";
import { Vision } from "./vision.ts";

/** Serves the analysis of pictures; any number of processes may run it. */
export function startImages(context: ActorContext): void {
  const { files, pictures, settings } = context;
  const { limits } = settings;
  const analyzer = new ImageAnalyzer(pictures, new Vision(context));
  // A picture stays in memory until the vision model has answered.
  const queue = new FairQueue({ places: limits.imageAnalyses, waiting: limits.imageQueue });
  const analyze = (request: AnalysisRequest, read: () => Promise<Buffer>) =>
    queue.use(request.principal.user_id, async () => {
      if (isOver(request)) throw new ParleyError("service_unavailable");
      return analyzer.analyze(request.principal.user_id, read, request.query.position);
    });
  const ofFile = async (request: AnalysisRequest, id: string) => {
    const file = await files.own(request.principal.user_id, id);
    return analyze(request, () => files.bytes(file, limits.uploadBytes));
  };
  serveRoute(context, routes.getImageAnalysis, (request) => ofFile(request, request.params.file_id));
  serveRoute(context, routes.analyzeImage, async (request) => {
    const { file_id: id, file, image } = request.body;
    if (id !== undefined) return ofFile(request, id);
    const part = file ?? image;
    if (part === undefined) throw new ParleyError("invalid_request");
    return analyze(request, () => files.partBytes(part, limits.imageUploadBytes));
  });
}

/** Fields common to both routes. */
interface AnalysisRequest {
  principal: Principal;
  deadline?: number;
  query: { position: boolean };
}
