import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import test from "ava";
import { type McpHttp, startMcpHttp } from "../../_kit/fakes/mcp-http.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { type System, startSystem } from "../../_kit/worlds/system.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

let system: System;
let fake: McpHttp;
const stdioProgram = fileURLToPath(new URL("../../_kit/fakes/mcp-stdio.js", import.meta.url));

test.before(async () => {
  fake = await startMcpHttp("mcp-secret");
  system = await startSystem({ edges: 1, actors: 1, env: { OPENAI_MODEL: "call" } });
});
test.after.always(async () => {
  await system?.stop();
  fake?.close();
});

async function rest(method: string, path: string, body?: unknown, user = "admin") {
  const response = await fetch(`${system.url()}${path}`, {
    method,
    headers: { authorization: `Bearer ${mintToken(user)}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
}

/** The SDK's own client, connected to Parley. */
async function connect(token: string): Promise<Client> {
  const client = new Client({ name: "test", version: "1" });
  const transport = new StreamableHTTPClientTransport(new URL(`${system.url()}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  });
  await client.connect(transport as Transport);
  return client;
}

function textOf(result: unknown): string {
  return (result as { content: { text: string }[] }).content.map(({ text }) => text).join("");
}

/** What a user's model says when it calls a tool: the tool's result. */
async function said(session: string, content: string, user = "admin"): Promise<string> {
  const client = await connect(mintToken(user));
  await client.callTool({ name: "send_message", arguments: { session_id: session, content } });
  let reply = "";
  await eventually(
    async () => {
      const read = await client.callTool({ name: "read_session", arguments: { session_id: session } });
      const { messages = [] } = JSON.parse(textOf(read)) as {
        messages?: { role: string; content: string }[];
      };
      reply = messages.findLast(({ role }) => role === "assistant")?.content ?? "";
      return reply !== "";
    },
    20_000,
    "a reply",
  );
  await client.close();
  return reply;
}

test.serial("Parley's server: the SDK's client lists tools and calls them for its own user", async (t) => {
  await t.throwsAsync(connect("nobody"));
  const client = await connect(mintToken("admin"));
  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  for (const name of ["list_devices", "create_reminder", "search_knowledge", "search_memory", "send_message"])
    t.true(names.includes(name), name);
  const made = await client.callTool({
    name: "create_reminder",
    arguments: { title: "tea", delay_minutes: 60 },
  });
  t.regex(textOf(made), /"title":"tea"/);
  t.regex(textOf(await client.callTool({ name: "list_reminders" })), /tea/);
  const other = await connect(mintToken("u2"));
  t.notRegex(textOf(await other.callTool({ name: "list_reminders" })), /tea/);
  const wrong = await client.callTool({ name: "create_reminder", arguments: { title: 5 } });
  t.true(wrong.isError);
  await t.throwsAsync(client.callTool({ name: "no_such_tool" }));
  await Promise.all([client.close(), other.close()]);
});

test.serial("a key of one scope has the tools of that scope", async (t) => {
  const { body } = await rest("POST", "/api/v1/keys", { name: "devices", scopes: ["device"] }, "u1");
  const client = await connect(body.key);
  const names = (await client.listTools()).tools.map(({ name }) => name);
  t.true(names.includes("list_devices"));
  t.false(names.includes("send_message") || names.includes("create_reminder"));
  await client.close();
});

test.serial(
  "an added server's tools are called by models, within their users, names and times",
  async (t) => {
    const path = "/api/v1/admin/mcp/servers/fake";
    const headers = { Authorization: "Bearer mcp-secret" };
    const settings = { transport: "http", url: fake.url, users: "all", timeout_s: 1 };
    t.is((await rest("POST", path, { ...settings, headers: { Authorization: "Bearer wrong" } })).status, 200);
    t.like((await rest("POST", `${path}/check`)).body, { ok: false });
    t.is((await rest("POST", path, { headers })).status, 200);
    const checked = await rest("POST", `${path}/check`);
    t.is(checked.body.ok, true, checked.body.error);
    const [shown] = (await rest("GET", "/api/v1/admin/mcp/servers")).body.servers;
    t.like(shown, { name: "fake", timeout_s: 1, headers: { Authorization: "…" } });
    t.is((await rest("GET", "/api/v1/admin/mcp/servers", undefined, "u1")).status, 403);

    t.regex(await said("sum", 'fake_add_numbers {"a":2,"b":3}', "u1"), /sum 5/);
    t.regex(await said("fails", "fake_fail {}", "u1"), /out of order/);
    t.regex(await said("sleeps", 'fake_sleep {"ms":20000}', "u1"), /failed/);
    await rest("POST", path, { users: ["u2"], tools: ["fail"] });
    t.regex(await said("theirs", 'fake_add_numbers {"a":2,"b":3}', "u1"), /no such tool/);
    t.regex(await said("named", 'fake_add_numbers {"a":2,"b":3}', "u2"), /no such tool/);
    t.is((await rest("DELETE", path)).status, 200);
  },
);

test.serial(
  "a process is a server for the administrator alone; one that is away holds up no turn",
  async (t) => {
    const settings = { transport: "stdio", command: process.execPath, args: [stdioProgram], users: "all" };
    t.is((await rest("POST", "/api/v1/admin/mcp/servers/proc", settings)).status, 200);
    const away = { transport: "http", url: "http://127.0.0.1:9/mcp", users: "all" };
    t.is((await rest("POST", "/api/v1/admin/mcp/servers/away", away)).status, 200);
    t.is((await rest("POST", "/api/v1/admin/mcp/servers/bad", { transport: "http" })).status, 400);
    t.regex(await said("own", 'proc_add_numbers {"a":2,"b":3}'), /sum 5/);
    t.regex(await said("others", 'proc_add_numbers {"a":2,"b":3}', "u1"), /no such tool/);
  },
);
