# The same commands for people and for CI. `make` alone lists them. Needed: Python 3.11 or newer, make, git.

VENV ?= .venv
BIN := $(VENV)/bin

# The newest of the Pythons this project is tested on, or else whatever python3 is, if it is new enough.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)

# --no-deps: a lock is complete, so there is nothing to resolve. Modules are compiled together, on all cores: a module
# that is not costs every command that imports it anew wherever Python may write no byte code.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps
COMPILE = $(BIN)/python -m compileall -q -j 0
SERVERS = $(PYTHON) -m tests.servers

.DEFAULT_GOAL := help
.PHONY: help demo test lint check-all servers elasticsearch stop bench lock clean python

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r command what; do \
		printf '%-22s %s\n' "$$command" "$$what"; done

demo: $(VENV)/run.stamp ## set everything up, load demo data, serve the portal [PORT=N]
	@$(BIN)/ondiris demo $(if $(PORT),--port $(PORT))

test: $(VENV)/dev.stamp ## run the tests [ARGS='pytest options']
	@$(BIN)/pytest -n 2 $(ARGS)

lint: $(VENV)/dev.stamp ## check style and types; the pure files strictly
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/mypy --strict --follow-imports=silent --cache-dir .mypy_cache/strict \
		$$($(BIN)/python -m tests.architecture)

check-all: $(VENV)/dev.stamp ## run all tests, slow ones too, on every database with every search engine
	@$(SERVERS) run $(BIN)/pytest -n 2 --slow --all-pairings $(ARGS)

servers: python ## start PostgreSQL, Redis and Elasticsearch for tests; prints the variables to export
	@$(SERVERS) start

elasticsearch: python ## start only Elasticsearch, on 127.0.0.1:9200 [PORT=N]
	@$(SERVERS) start elasticsearch $(if $(PORT),--port $(PORT))

stop: python ## stop these servers and delete their data
	@$(SERVERS) stop

bench: $(VENV)/dev.stamp ## run the measurements [ARGS='which and how']
	@$(BIN)/python -m benchmarks $(ARGS)

lock: $(VENV)/dev.stamp ## write the lock files anew from pyproject.toml [ARGS=--upgrade]
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<0.14'
	@UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url pyproject.toml --group build -o requirements.lock $(ARGS)
	@UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url pyproject.toml --group build --group dev \
		-c requirements.lock -o requirements-dev.lock $(ARGS)

clean: stop ## delete what these commands made, except the data in var/
	@rm -rf $(VENV) .servers .elasticsearch .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

# A stamp is newer than what was installed from, so a second call has nothing to do.
$(VENV)/run.stamp: $(BIN)/python requirements.lock pyproject.toml
	@echo "Installing the requirements (once)" >&2
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-build-isolation --editable .
	@$(COMPILE) $(VENV)/lib registry search matching web config >/dev/null || true
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.lock
	@echo "Installing what the tests need (once)" >&2
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(COMPILE) $(VENV)/lib >/dev/null || true
	@touch $@

$(BIN)/python:
	@$(MAKE) --no-print-directory python
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python could not make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; found: $$(python3 --version 2>&1)" >&2; exit 1; }
