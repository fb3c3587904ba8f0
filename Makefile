.DEFAULT_GOAL := help
PY := .venv/bin/python
export PYTHONPATH := layers/common:client
export SAM_CLI_TELEMETRY := 0
# SAM and boto3 read AWS_DEFAULT_REGION only.
ifdef AWS_REGION
export AWS_DEFAULT_REGION ?= $(AWS_REGION)
endif

##@ Try
help: ## this list
	@awk -F ':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  \033[1mmake %-15s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## stage the sample rooms, or PHOTOS="a.jpg b.heic": live progress, results and a before/after sheet in out/
	@$(PY) -m tools.demo $(PHOTOS)

dev: setup ## the whole system on this machine until Ctrl-C; PORT=4599
	@$(PY) -m local.cloud up $(if $(PORT),--port $(PORT))

api: setup ## the address of the local cloud's API
	@$(PY) -m local.cloud api $(if $(DIR),--dir $(DIR))

trace: setup ## the way of one job through all functions, as a waterfall and in out/trace.html: JOB=<id>
	@$(PY) -m tools.trace $(JOB) $(if $(DIR),--dir $(DIR))

token: setup ## an access token for the local cloud: OWNER=alice [ROLE=admin]
	@$(PY) -m local.token $(or $(OWNER),alice) $(if $(ROLE),--role $(ROLE)) $(if $(DIR),--dir $(DIR))

##@ Develop
setup: ## Python environments, from locked requirements (finds Python 3.13 by itself)
	@scripts/setup

format: setup ## format the code and apply safe lint fixes
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .

lint: setup ## format, lint and import rules, checked
	@.venv/bin/ruff format --check . && .venv/bin/ruff check . && .venv/bin/lint-imports

types: setup ## mypy, strict
	@.venv/bin/mypy layers/common/realstaging client/realstaging_client standins local tools samples tests events functions

docs: setup ## write the API document and the settings page anew from the code
	@scripts/openapi && scripts/settings-reference

golden: setup ## write the agreed prompts anew after a change of config/prompts.yaml; read the diff
	@$(PY) -m tests.unit.golden.agreed

samples: setup ## draw the sample rooms anew
	@$(PY) -m samples.draw

lock: setup ## new locked requirements from every *.in
	@scripts/lock

##@ Check
check: setup ## format, lint, types, import rules, template, docs, secrets, build, audit: every failure, not the first
	@scripts/check

sbom: setup ## what the layers deploy, as CycloneDX JSON from their locked requirements: out/sbom.json
	@$(PY) -m tools.sbom

test: setup ## every test: units, integration, template rules, and end to end on a local cloud
	@scripts/test

test-fast: setup ## units, integration and template rules only
	@scripts/test fast

coverage: setup ## units, integration and template rules, and which branches none of them takes
	@scripts/test branches

fuzz: setup ## 10,000 mutated photos of every format; FILES=10000 SEED=11
	@FUZZ_FILES=$(or $(FILES),10000) FUZZ_SEED=$(or $(SEED),11) $(PY) -m pytest -q -n 0 tests/unit/imaging/test_mutated_photos.py

bench: setup ## the figures this project holds itself to, measured now; fails on a missed ratio; [ONLY=starts]
	@$(PY) -m tools.bench $(if $(ONLY),--only $(ONLY)) $(if $(DIR),--dir $(DIR))

load: setup ## bounded load on the local cloud: what it sustains, p50 and p95 of each step; PHOTOS=60 RATE=60 (a minute)
	@$(PY) -m tools.load $(if $(PHOTOS),--photos $(PHOTOS)) $(if $(RATE),--rate $(RATE)) $(if $(DIR),--dir $(DIR))

simulate: setup ## a model of days of 10 k, 1 M and 10 M images on AWS: what breaks first, and costs; IMAGES="50000" LARGEST=0.05 ACCOUNTS=1
	@$(PY) -m tools.simulate $(if $(IMAGES),--images $(IMAGES)) $(if $(LARGEST),--largest $(LARGEST)) $(if $(ACCOUNTS),--accounts $(ACCOUNTS))

units: setup ## count anew what one order costs the table, for make simulate; read the diff
	@WRITE_UNITS=1 $(PY) -m pytest -q -n 0 tests/integration/scale/test_table_units.py

bench-check: setup ## the picture check on a folder of pairs with an index.json: PAIRS=folder
	@$(PY) -m tools.bench_check $(PAIRS)

chaos: setup ## seeded troubles on the local cloud, then a check for lost, paid twice, orphaned: [SEED=1] [SCENARIO=workers-killed] [PHOTOS=12]
	@$(PY) -m tools.chaos $(SCENARIO) $(if $(SEED),--seed $(SEED)) $(if $(PHOTOS),--photos $(PHOTOS)) $(if $(DIR),--dir $(DIR))

browser: ## Chromium for the tests of the page, from Debian, or a word on what to install
	@scripts/browser

invoke: setup ## one function in a container: FN=StageImage EVENT=events/sqs-stage-queue.json
	@scripts/invoke $(FN) $(EVENT)

podman: setup ## a container engine for `make invoke` where Docker is missing; podman-down stops it
	@scripts/podman up --install

podman-down: ## stop what `make podman` started
	@scripts/podman down

##@ Deploy
build: setup ## sam build for AWS, for the processor that the stage runs on: STAGE=dev
	@$(PY) -m tools.deploy --only-build --stage $(or $(STAGE),dev)

deploy: setup ## check, build and deploy a stage: STAGE=dev [YES=1]; then a look at the prices at Stripe
	@$(PY) -m tools.deploy --stage $(or $(STAGE),dev) $(if $(YES),--yes)
	@$(PY) -m tools.reconcile --stage $(or $(STAGE),dev) --prices check

smoke: setup ## drive the main path once: the local cloud, or STAGE=dev TOKEN=<access token>
	@TOKEN="$(TOKEN)" $(PY) -m tools.smoke $(if $(STAGE),--stage $(STAGE)) $(if $(DIR),--dir $(DIR))

destroy: setup ## delete a stage's stack; table and bucket stay: STAGE=dev [YES=1]; prod wants its name typed
	@$(PY) -m tools.destroy --stage $(STAGE) $(if $(YES),--yes)

restore: setup ## bring back rows or deleted files: STAGE=dev ROWS=<copy of the table> [OWNER=] [WITHOUT=], or FILES=<prefix> SINCE=<time>; [YES=1]
	@$(PY) -m tools.restore --stage $(STAGE) $(if $(ROWS),--rows $(ROWS)) $(if $(OWNER),--owner "$(OWNER)") $(if $(WITHOUT),--without "$(WITHOUT)") \
	  $(if $(FILES),--files "$(FILES)") $(if $(SINCE),--since $(SINCE)) $(if $(YES),--yes)

reconcile: setup ## compare billing with Stripe, locally or STAGE=dev; PRICES=check|sync: only the prices
	@$(PY) -m tools.reconcile $(if $(STAGE),--stage $(STAGE)) $(if $(PRICES),--prices $(PRICES)) $(if $(DIR),--dir $(DIR))

convert-config: setup ## the Go service's configuration to ours: FROM=".env config/prod.yml" [STAGE=prod] [OUT=file]
	@$(PY) -m tools.convert_go_config $(or $(FROM),.env) $(if $(STAGE),--stage $(STAGE)) $(if $(OUT),--out $(OUT))

clean: podman-down ## remove environments, builds and results
	@rm -rf .venv .venvs .aws-sam .local out

.PHONY: smoke help demo dev api trace token setup format lint types docs golden samples lock check sbom test test-fast coverage bench load simulate units bench-check chaos browser invoke podman podman-down build deploy checked-deployment reconcile convert-config clean destroy restore
