# Two commands for a fresh machine with Python 3.11 or newer, pip and make:
#   make demo   set up, plan the bundled sample, say where the map is
#   make test   set up, lint, types, all tests, the wheel
#   make pictures  the pictures of the review page, to look at
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint types kernels tests chromium pictures clean

demo: .venv/core
	$(BIN)/pcngeo demo

# The types keep one core busy: the other compiles meanwhile what both halves of the tests run.
test: .venv/dev
	$(MAKE) --jobs 2 lint types kernels
	$(MAKE) tests

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/mypy

kernels: .venv/dev
	mkdir -p build
	$(BIN)/pcngeo demo --out build/demo >build/demo.txt 2>&1 || { cat build/demo.txt; exit 1; }

# The examples first: they take seconds, and a fault in one is then told before the long run.
# In the order of the folders: the long files of browser/ and real/ come before the many short ones.
tests: .venv/dev chromium
	$(BIN)/pytest --doctest-modules pcngeo
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 40

.venv/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pcngeo needs Python 3.11 or newer: make PYTHON=python3.12 demo")'
	$(PYTHON) -m venv .venv
	touch $@

.venv/core: .venv/python pyproject.toml constraints.txt
	$(PIP) --editable .
	touch $@

.venv/dev: .venv/python pyproject.toml constraints.txt
	$(PIP) --editable '.[dev]'
	touch $@ .venv/core

# Browser tests use Debian's Chromium; without one they are skipped and say why.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || command -v google-chrome >/dev/null \
	  || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	       && apt-get -qq update && apt-get -qq install -y chromium fonts-liberation >/dev/null; } \
	  || echo 'No Chromium here and none can be installed: browser tests will be skipped.'

# The README's picture; every view of the sample and of real areas: make pictures TO=folder
pictures: .venv/dev chromium
	$(BIN)/python maps/make_pictures.py $(if $(TO),--all $(TO))

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
