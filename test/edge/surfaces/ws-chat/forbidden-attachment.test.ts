import test from "ava";
import type { Frame } from "../../../_kit/clients/chain.ts";
import { startWeb } from "../../../_kit/fakes/web-page.ts";
import { Api } from "../../../_kit/worlds/api.ts";
import { rolesCommand } from "../../../_kit/worlds/roles.ts";

test("an attachment whose address lies inside is refused, and the socket goes on", async (t) => {
  const api = await Api.start({ actorCommand: rolesCommand("session") });
  t.teardown(() => api.stop());
  const web = await startWeb(t, (_path, response) => response.end("secret"));
  const client = await api.system.client("a");
  for (const url of [`${web.origin}/a.png`, "http://localhost/a.png", "http://169.254.169.254/a.png"]) {
    const client_msg_id = `at ${url}`.replaceAll(/[^\w]/g, "_");
    client.raw({ type: "message", content: "look", client_msg_id, attachments: [{ type: "image", url }] });
    const isRefusal = (frame: Frame) => frame.type === "error" && frame.client_msg_id === client_msg_id;
    t.like(await client.frame(isRefusal, "a refusal"), { errorType: "url_not_allowed" }, url);
  }
  client.raw({ type: "message", content: "words alone", client_msg_id: "plain" });
  const end = await client.frame((f) => f.type === "stream_end" && f.client_msg_id === "plain", "a reply");
  t.true(end.type === "stream_end" && end.text.endsWith("words alone"));
  t.deepEqual(web.asked, []);
});
