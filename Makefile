# Needs Node >= 20.19, Python >= 3.9 with venv, and make. Everything else is installed into the checkout.
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
SOURCES := $(shell find schemas infra edge actors test -name '*.ts' -not -path '*/node_modules/*' -not -path 'edge/console/*')
CONSOLE_SOURCES := $(shell find edge/console edge/client -type f -not -name '*.md')
AVA ?=

.PHONY: client console-size screenshots help run test test-python build check gen soak cluster-test bench voice voice-eval knowledge-eval memory-eval clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## install what is missing, start engines, edge and actors (Ctrl-C stops)
	@exec node bin/parley.js up

test: build ## install what is missing and run the tests
	@node bin/parley.js engines --install
	@npx ava $(AVA)

test-python: build ## drive /v1 with OpenAI's Python package (needs a package index)
	@node dist/test/python/run.js

build: dist/.built dist/console/index.html ## compile to dist/

check: node_modules/.installed ## format, lint, types, unused code, generated files
	@npx biome check .
	@npx knip --no-progress
	@npx tsc -p . --noEmit
	@npx tsc -p edge/console
	@$(MAKE) gen
	@git diff --exit-code -- .env.example schemas/gen edge/client/gen docs/messages.md

gen: dist/.built ## write the generated files
	@node dist/infra/cli/gen.js

soak: build ## the long fault run, with a seed (SEED=…)
	@node dist/test/faults/soak.js

cluster-test: build ## faults on three nodes of each engine (FAULTS=… REPLICAS=…)
	@node dist/test/faults/cluster-run.js

bench: build ## the benchmark tables
	@node dist/test/bench/main.js

knowledge-eval: build ## recall of knowledge search, and its time at 50,000 chunks
	@node dist/test/knowledge-eval/main.js

memory-eval: build ## precision and recall of what is remembered of users
	@node dist/test/memory-eval/main.js $(ARGS)

voice: build ## install speech recognition (210 MB); the next "make run" starts it
	@node bin/parley.js engines --install-voice

voice-eval: build ## word error rates of speech recognition on recorded and on made speech
	@node dist/test/voice-eval/main.js

screenshots: build ## pictures of every view of the console, in .screenshots (VIEWS=chat,devices)
	@node dist/test/console/screenshots.js

console-size: build ## what the console weighs, against its budget
	@node dist/test/console/size.js

client: node_modules/.installed ## build the client library into dist/client
	@npx vite build -c edge/client/vite.config.ts
	@npx tsc -p edge/client
	@cp edge/client/package.json edge/client/README.md LICENSE dist/client/

clean: ## remove what was built (not the engines, not the data)
	@rm -rf dist

# Not "npm ci": it refuses a lock file without the packages of other platforms. The lock's versions and hashes hold here too.
node_modules/.installed: package-lock.json package.json
	@echo "installing npm packages" >&2
	@npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

dist/console/index.html: node_modules/.installed $(CONSOLE_SOURCES)
	@npx vite build -c edge/console/vite.config.ts

# A compiled file whose source is gone would still run as a test.
dist/.built: node_modules/.installed tsconfig.json $(SOURCES)
	@if [ -d dist ]; then find dist -name '*.js' -not -path 'dist/client/*' -not -path 'dist/console/*' | while read -r file; do \
	  source="$${file#dist/}"; [ -e "$${source%.js}.ts" ] || rm -f "$$file" "$$file.map"; done; fi
	@npx tsc -p .
	@touch $@
