import test from "ava";
import { startWeb } from "../../_kit/fakes/web-page.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { newBase } from "../../_kit/worlds/knowledge.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";

test("documents are not fetched from where only the server itself could go", async (t) => {
  const api = await Api.start({ actorCommand: rolesCommand("knowledge") });
  t.teardown(() => api.stop());
  const web = await startWeb(t, (_path, response) => response.end("secret"));
  const user = { user: "mallory" };
  const base = await newBase(api, user);
  for (const url of [
    web.origin,
    "http://localhost/",
    "http://169.254.169.254/",
    "http://[::1]/",
    "ftp://x/",
    "x",
  ]) {
    const body = { title: "x", source_type: "url", url };
    const refused = await api.call("POST", `/api/v1/knowledge/bases/${base}/documents`, user, body);
    t.deepEqual([refused.status, refused.body.errorType], [400, "url_not_allowed"], url);
  }
  t.deepEqual(web.asked, []);
  const list = await api.call("GET", `/api/v1/knowledge/bases/${base}/documents`, user);
  t.is(list.body.total, 0);
});
