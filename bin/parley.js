#!/usr/bin/env node
import { existsSync } from "node:fs";

const main = new URL("../dist/infra/cli/main.js", import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('parley is not built yet: run "make build" in the checkout\n');
  process.exit(1);
}
await import(main.href);
