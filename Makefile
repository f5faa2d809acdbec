# Every target is one line that calls ./tapstack, which first installs what is missing. What can be
# set: IMAGES, DAY, and as environment or make variables what `./tapstack --help` lists, for example
#   make load-test IMAGES=200 DAY=20s ENVIRONMENT=pr-42

.DEFAULT_GOAL := help
PYTEST_WORKERS ?= auto
# Folders whose files take minutes come first, so that no worker is left alone with one at the end.
TESTS ?= tests/mutants tests/integration tests/emulator tests/conformance tests/unit
# A file's tests stay in one worker, which keeps its emulator, and files keep their order: by default
# those of few tests would come last, and they take longest.
IN_PARALLEL = -n $(PYTEST_WORKERS) --dist loadfile --no-loadscope-reorder

up: ## start the emulator and deploy the stack
	@./tapstack up

load-test: ## send a day of 2,000 images and prove each one (IMAGES=2000 DAY=60s)
	@./tapstack run daily-load $(if $(IMAGES),--images "$(IMAGES)") $(if $(DAY),--day "$(DAY)")

scenario: ## run one scenario (NAME=burst IMAGES=200); without NAME list them all
	@./tapstack $(if $(NAME),run "$(NAME)" $(if $(IMAGES),--images "$(IMAGES)") \
		$(if $(DAY),--day "$(DAY)"),scenarios)

gate: ## judge whether a change may go to AWS
	@./tapstack gate

status: ## show what runs and what is deployed
	@./tapstack status

logs: ## follow what the functions log
	@./tapstack logs --follow

console: ## show the pipeline in the browser, live
	@./tapstack console

down: ## stop everything
	@./tapstack down

bench: ## measure the pipeline against a bare loop, into reports/bench.json
	@./tapstack bench

test: dev ## run all tests: unit, emulator, integration (TESTS="tests/emulator" for some)
	@.venv/bin/python -m pytest $(IN_PARALLEL) --junitxml reports/tests.xml --durations 30 $(TESTS)

unit: dev ## run the tests that need no emulator: 4 minutes
	@.venv/bin/python -m pytest $(IN_PARALLEL) -q tests/unit

check: $(if $(FILE),dev) ## run one test file or folder (FILE=tests/emulator/test_sns.py)
	@.venv/bin/python -m pytest -q $(or $(FILE),$(error Say which, such as FILE=tests/unit/evidence))

mutants: dev ## run the gate on defects made on purpose: it must catch each (ONLY="id id" SOUND=10 JOBS=2)
	@.venv/bin/python -m tests.mutants.run $(foreach id,$(ONLY),--only $(id)) \
		--sound $(or $(SOUND),$(if $(ONLY),1,10)) $(if $(JOBS),--jobs $(JOBS)) --json reports/mutants.json

sound: dev ## run the gate on sound changes: it must pass each (ONLY="id id" JOBS=2)
	@.venv/bin/python -m tests.mutants.run --sound-changes $(foreach id,$(ONLY),--only $(id)) \
		$(if $(JOBS),--jobs $(JOBS)) --json reports/sound.json

conformance: dev ## compare answers with the recordings (TARGET=aws YES=1 records those of AWS; ONLY="name name")
	@.venv/bin/python -m tests.conformance $(if $(filter aws,$(TARGET)),--target aws) $(if $(YES),--yes) $(ONLY)

oracle: $(if $(SLICE)$(TABLE),dev) ## run LocalStack's tests that AWS validated (TESTS=folder PYTHON=its/bin/python SLICE=sns PLAIN=1 DIFFERENCES=1 KEEP=folder); TABLE=folder counts what is kept
	@.venv/bin/python -m tests.oracle$(if $(TABLE),.table $(TABLE), $(or $(SLICE),$(error Say which, \
		such as SLICE=sns)) --tests $(TESTS) --python $(PYTHON) $(if $(PLAIN),--plain \
		$(if $(filter failed,$(PLAIN)),failed,all)) \
		$(if $(DIFFERENCES),--differences) $(if $(KEEP),--keep $(KEEP)))

lint: dev ## check style, types, the template and the workflows
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy harness scenarios emulator/localstack_parity libraries/* tests docs
	set -e; for function in lambda/*/ examples/*/lambda/*/ examples/*/scenarios; do .venv/bin/mypy "$$function"; done
	@./tapstack lint
	.venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	.venv/bin/check-jsonschema --builtin-schema vendor.github-actions action.yml
	.venv/bin/zizmor --offline --quiet .github/workflows action.yml

docs: dev ## build the documentation into build/docs; a broken link fails
	@.venv/bin/mkdocs build --strict  # --quiet would silence strict, too

wheels: dev ## build the distributions into build/wheels: harness, emulator, libraries
	@.venv/bin/python -m harness.distributions $(or $(WHEELS),build/wheels)

sbom: dev ## write a CycloneDX document for each lock into build/sbom
	@.venv/bin/python -m tests.locks.sbom build/sbom

audit: dev ## ask PyPI and npm for known vulnerabilities of what the locks have
	@.venv/bin/python -m tests.locks.audit

wheelhouse: dev ## gather all that a machine without a network needs in build/wheelhouse
	@.venv/bin/python -m harness.wheelhouse build/wheelhouse

screenshots: dev ## take the pictures of console and report in docs/ anew
	@.venv/bin/python -m tests.screenshots

dev: ## install everything, with the tools of the tests
	@./tapstack install --dev

clean: ## stop the emulator and remove everything that was installed or built
	@[ ! -e .venv/.installed ] || ./tapstack down --saved
	@rm -rf .venv .tapstack build .mypy_cache .ruff_cache .pytest_cache .hypothesis

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /make \1\t/p' $(firstword $(MAKEFILE_LIST)) | awk -F '\t' '{ \
		line = sprintf("  %-16s", $$1); count = split($$2, words, " "); \
		for (n = 1; n <= count; n++) { \
			if (length(line words[n]) > 78) { print line; line = sprintf("%18s", "") } \
			line = line " " words[n] } \
		print line }'

.PHONY: up load-test scenario gate status logs console down bench test unit check mutants sound conformance oracle lint docs wheels sbom audit wheelhouse screenshots dev clean help
