PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo run test test-core test-mail test-storage test-daemon test-slow mutants fuzz lint setup test-setup clean

setup: .venv/.ready
.venv/.ready: pyproject.toml
	@sh scripts/venv.sh $(PYTHON) .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[postgres,dkim]'
	@touch $@

test-setup: .venv/.ready-test
.venv/.ready-test: .venv/.ready
	@sh scripts/test-packages.sh
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

demo: setup
	@$(BIN)/maild demo

run: setup
	@echo "maild listens on 127.0.0.1:2525; what it sends lies in store/sent. Try it from another terminal:"
	@echo "  .venv/bin/maild inject demo/mails/M01.eml && .venv/bin/maild cases"
	@echo "  grep -h Subject: store/sent/new/*    (stop with Ctrl-C)"
	@$(BIN)/maild run

lint: test-setup
	$(BIN)/ruff format --check maild tests benchmarks fuzz scripts
	$(BIN)/ruff check maild tests benchmarks fuzz scripts
	$(BIN)/mypy

# Three workers on two cores: much of what is tested waits for a socket, a child or a clock.
PYTEST = $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder
test: test-setup
	$(PYTEST) -m "not slow"

# What one works on, quickly: deciding and rules, reading and letters, the store, the daemon with its doors.
test-core: test-setup
	$(PYTEST) -m "not slow" tests/core tests/rulebook tests/config tests/slices tests/test_walls.py
test-mail: test-setup
	$(PYTEST) -m "not slow" tests/mail tests/letters
test-storage: test-setup
	$(PYTEST) -m "not slow" tests/storage tests/stories tests/upgrade
test-daemon: test-setup
	$(PYTEST) -m "not slow" tests/daemon tests/channels tests/mailboxes tests/postfix

test-slow: test-setup
	$(PYTEST) -m slow

# Plants COUNT small mistakes in the core, one at a time, and tells which of them no test noticed.
COUNT ?= 40
SEED ?= 1
mutants: test-setup
	$(BIN)/python scripts/mutants.py --count $(COUNT) --seed $(SEED)

SECONDS ?= 60
fuzz: test-setup
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	$(BIN)/python fuzz/reader.py -max_total_time=$(SECONDS) -timeout=30 -rss_limit_mb=1024 -max_len=65536

clean:
	rm -rf .venv build *.egg-info
