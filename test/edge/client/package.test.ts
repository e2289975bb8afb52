import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import test from "ava";
import { checkout } from "../../_kit/judge/sources.ts";
import { type System, startSystem } from "../../_kit/worlds/system.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "parley-package-"));
let system: System;

test.before(async () => {
  const packed = async () => {
    await run("make", ["client"], { cwd: checkout });
    const { stdout } = await run("npm", ["pack", join(checkout, "dist/client"), "--silent"], { cwd: folder });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "reader", type: "module" }));
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", stdout.trim()], { cwd: folder });
    for (const name of ["ws", "zod", "@types"])
      symlinkSync(join(checkout, "node_modules", name), join(folder, "node_modules", name));
  };
  [system] = await Promise.all([startSystem({ edges: 1, actors: 1 }), packed()]);
});

test.after.always(async () => {
  await system?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("the package is one file of at most 15 KB gzip without dependencies", (t) => {
  const home = join(folder, "node_modules/@parley/client");
  const bytes = gzipSync(readFileSync(join(home, "index.js")), { level: 9 }).length;
  t.log(`${bytes} bytes gzip`);
  t.true(bytes <= 15_000);
  t.notRegex(readFileSync(join(home, "index.js"), "utf8"), /^import /m);
  const { dependencies } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
    dependencies?: unknown;
  };
  t.is(dependencies, undefined);
});

test("the examples of its README run against a real server", async (t) => {
  const readme = readFileSync(join(checkout, "edge/client/README.md"), "utf8");
  const examples = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = ""]) => code);
  t.is(examples.length, 3);
  const env = {
    ...process.env,
    PARLEY_URL: system.url(),
    PARLEY_PASSWORD: "a password of the tests",
    PARLEY_TOKEN: mintToken("admin"),
  };
  const outputs: string[] = [];
  for (const [index, code] of examples.entries()) {
    writeFileSync(join(folder, `example-${index}.js`), code);
    const { stdout } = await run(process.execPath, [`example-${index}.js`], {
      cwd: folder,
      env,
      timeout: 30_000,
    });
    outputs.push(stdout);
  }
  t.regex(outputs[0] ?? "", /Hello/);
  t.is(outputs[1], "true\n404 session_not_found\n");
  t.regex(outputs[2] ?? "", /^(true\n)+$/);
});

test("its types tell a wrong call from a right one", async (t) => {
  const program = `
    import { ParleyClient } from "@parley/client";
    const client = new ParleyClient({ url: "http://127.0.0.1", token: "" });
    const { sessions } = await client.api.listSessions({ query: { limit: 10 } });
    const title: string = sessions[0]!.title;
    const blob: Blob = await client.api.exportSession({ params: { id: title } });
    client.on("stream_chunk", ({ content }) => content.length + blob.size);
    // @ts-expect-error: the id is missing
    await client.api.getSession();
    // @ts-expect-error: a session has no such field
    sessions[0]!.name;
  `;
  writeFileSync(join(folder, "typed.ts"), program);
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2023"];
  const tsc = join(checkout, "node_modules/.bin/tsc");
  const result = await run(tsc, [...options, "--types", "node", "typed.ts"], { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  );
  t.is(result.stdout, "");
});
