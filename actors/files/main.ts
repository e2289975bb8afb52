import type { ActorContext } from "../actor-context.ts";
import { onUserDeleted } from "../events/user-erasure.ts";
import { Schedules } from "../time/schedules.ts";
import { Bodies } from "./bodies.ts";
import { serveFileRoutes } from "./file-routes.ts";
import { FileStore } from "./file-store.ts";
import { Intake } from "./intake.ts";
import { Sweep } from "./sweep.ts";
import { Thumbnails } from "./thumbnails.ts";

/** Stands for user and id in the sweep's schedule, which belongs to no user. */
const sweepOf = ["parley", "files"] as const;

/** Serves uploaded files and deletes unreferenced content. Any number of processes may run it. */
export async function startFiles(context: ActorContext): Promise<void> {
  const { db, files, pictures, jsm, log, settings } = context;
  const { limits } = settings;
  const store = new FileStore(db);
  await store.createIndexes();
  const objects = () => files.store("files");
  const bodies = new Bodies(store, objects, log);
  const intake = new Intake(store, bodies, files, limits);
  const thumbnails = new Thumbnails(files, pictures, objects, limits, log);
  const sweep = new Sweep({ store, bodies, objects, jsm, limits, log });
  const schedules = new Schedules(context);
  await schedules.prepare("sweep", async () => undefined);
  // Aligned times, so that all processes set the same schedule.
  const next = () => new Date(Math.ceil((Date.now() + 1) / limits.fileSweepMs) * limits.fileSweepMs);
  await schedules.set("sweep", ...sweepOf, next());
  await schedules.serve("sweep", async () => {
    await sweep.run();
    await schedules.set("sweep", ...sweepOf, next());
  });
  await onUserDeleted(context, "files-erasure", async (user) => {
    await sweep.bodiesOf(await store.removeAll(user));
  });
  serveFileRoutes(context, { store, intake, thumbnails });
}
