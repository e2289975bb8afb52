import test, { type ExecutionContext } from "ava";
import { EventSource } from "eventsource";
import { type NeoFrame, neoFrameSchema } from "../../../../schemas/wire/neo.ts";
import { type System, startSystem } from "../../../_kit/worlds/system.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

let system: System;

test.before(async () => {
  system = await startSystem({ edges: 1, actors: 1, env: { OPENAI_MODEL: "context:3x5" } });
});
test.after.always(() => system?.stop());

const page = { namespace: "Table-Page-pet", stack: "Table-Page-pet", pathname: "/x/Table/pet" };

function url(user: string, content: string, context?: unknown): string {
  const query = new URLSearchParams({ content, token: mintToken(user) });
  if (context !== undefined) query.set("context", JSON.stringify(context));
  return `${system.url()}/api/__yao/neo?${query}`;
}

/** Reads a reply with a real EventSource, as a front end does. */
function ask(user: string, content: string, context?: unknown): Promise<NeoFrame[]> {
  return new Promise((resolve, reject) => {
    const source = new EventSource(url(user, content, context));
    const frames: NeoFrame[] = [];
    source.onmessage = ({ data }) => {
      const frame = neoFrameSchema.parse(JSON.parse(data));
      frames.push(frame);
      if (!frame.done) return;
      source.close();
      resolve(frames);
    };
    source.onerror = (event) => {
      source.close();
      reject(new Error(`event source: ${event.code} ${event.message}`));
    };
  });
}

function textOf(frames: NeoFrame[]): string {
  return frames.map(({ text }) => text).join("");
}

async function call(user: string, method: string, path: string, body?: unknown) {
  const response = await fetch(`${system.url()}${path}`, {
    method,
    headers: { authorization: `Bearer ${mintToken(user)}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function only(t: ExecutionContext, frames: NeoFrame[], test: (frame: NeoFrame) => boolean): NeoFrame {
  const found = frames.filter(test);
  t.is(found.length, 1);
  return found[0] as NeoFrame;
}

test("history has what was said, oldest first", async (t) => {
  const reply = textOf(await ask("historian", "hello"));
  t.true(reply.length > 0);
  const { status, body } = await call("historian", "GET", "/api/__yao/neo/history");
  t.is(status, 200);
  const data = body.data as { role: string; content: string; created_at: number }[];
  t.deepEqual(
    data.map(({ role, content }) => [role, content]),
    [
      ["user", "hello"],
      ["assistant", reply],
    ],
  );
  t.true(data.every(({ created_at }) => created_at > 0));
});

test("commands are listed with their page, all of them or those of one page", async (t) => {
  const all = (await call("lister", "GET", "/api/__yao/neo/commands")).body as unknown as { name: string }[];
  t.true(all.some(({ name }) => name === "/help"));
  t.deepEqual(Object.keys(all[0] ?? {}).toSorted(), ["args", "description", "name", "path", "stack"]);
  const names = async (stack: string) => {
    const { body } = await call("lister", "GET", `/api/__yao/neo/commands?stack=${stack}`);
    return (body as unknown as { name: string }[]).map(({ name }) => name);
  };
  t.true((await names("Table-Page-pet")).includes("/search"));
  t.false((await names("Form-Page-pet")).includes("/search"));
});

test("a page's command runs with its arguments and returns actions", async (t) => {
  const frames = await ask("searcher", "/search small dogs", page);
  const frame = only(t, frames, ({ actions }) => actions.length > 0);
  t.deepEqual(frame.actions, [
    { name: "Tablesearch", type: "Table.search", payload: { keyword: "small dogs" }, next: "" },
  ]);
  t.is(frame.command.name, "/search");
  t.false(frame.confirm);
  t.true(frames.at(-1)?.done);
  t.regex(textOf(await ask("searcher", "/search dogs", { stack: "Form-Page-pet" })), /未知命令/);
});

test("a command that changes something asks, and runs once when it is confirmed", async (t) => {
  const frames = await ask("remover", "/remove", { stack: "Form-Page-pet", pathname: "/x/Form/pet/1" });
  const asked = only(t, frames, ({ confirm }) => confirm);
  const { id } = asked.command;
  t.is(asked.command.request, "/remove");
  t.deepEqual(asked.actions[0]?.payload, { method: "ExecCommand", args: [id] });
  t.is((await call("stranger", "POST", "/api/__yao/neo", { cmd: "ExecCommand", id })).status, 404);
  const done = await call("remover", "POST", "/api/__yao/neo", { cmd: "ExecCommand", id });
  t.is(done.status, 200);
  const data = done.body.data as NeoFrame;
  t.is(data.actions[0]?.type, "Form.delete");
  t.is((await call("remover", "POST", "/api/__yao/neo", { cmd: "ExecCommand", id })).status, 404);
});

test("ExitCommandMode forgets what waits; other commands are refused", async (t) => {
  const asked = only(t, await ask("leaver", "/task delete abc"), ({ confirm }) => confirm);
  const left = await call("leaver", "POST", "/api/__yao/neo/", { cmd: "ExitCommandMode" });
  t.deepEqual(left, { status: 200, body: { code: 200, message: "success" } });
  const { id } = asked.command;
  t.is((await call("leaver", "POST", "/api/__yao/neo/", { cmd: "ExecCommand", id })).status, 404);
  t.is((await call("leaver", "POST", "/api/__yao/neo/", { cmd: "Dance" })).status, 400);
  t.is((await call("leaver", "POST", "/api/__yao/neo/", {})).status, 400);
});

test("the administrator registers a command for a page; nobody else may", async (t) => {
  const command = {
    name: "/vaccinate",
    description: "Vaccinate a pet",
    args: "pet",
    stack: "Table-Page-*",
    actions: [{ name: "Vaccinate", type: "Common.emitEvent", payload: { key: "pet/{{pet}}" } }],
    text: "{{pet}} is next",
  };
  t.is((await call("somebody", "POST", "/api/v1/admin/neo/commands", command)).status, 403);
  const made = await call("admin", "POST", "/api/v1/admin/neo/commands", command);
  t.is(made.status, 201);
  t.is((await call("admin", "POST", "/api/v1/admin/neo/commands", command)).status, 409);
  const frames = await ask("vet", "/vaccinate Rex", page);
  t.is(textOf(frames), "Rex is next");
  t.deepEqual(only(t, frames, ({ actions }) => actions.length > 0).actions[0]?.payload, { key: "pet/Rex" });
  const { id } = made.body.command as { id: string };
  t.is((await call("admin", "DELETE", `/api/v1/admin/neo/commands/${id}`)).status, 200);
  t.regex(textOf(await ask("vet", "/vaccinate Max", page)), /未知命令/);
});

test("the stream is what the documents say: type, an id and a retry first, then one frame an event", async (t) => {
  const response = await fetch(url("reader", "hello"));
  t.is(response.headers.get("content-type"), "text/event-stream;charset=utf-8");
  const events = (await response.text()).trimEnd().split("\n\n");
  t.regex(events[0] ?? "", /^id: \d+-\d+\nretry: \d+$/);
  for (const event of events.slice(1)) {
    t.regex(event, /^id: \d+-\d+\ndata: /);
    const frame = JSON.parse(event.slice(event.indexOf("data: ") + 6)) as object;
    t.deepEqual(Object.keys(frame).toSorted(), ["actions", "command", "confirm", "done", "error", "text"]);
  }
  const id = /^id: (.*)$/m.exec(events.at(-1) ?? "")?.[1] ?? "";
  const again = await fetch(url("reader", "hello"), { headers: { "last-event-id": id } });
  t.is(again.status, 204);
});
