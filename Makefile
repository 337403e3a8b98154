# `make run` and `make test` each work alone on a fresh clone with Python 3.11 or later and a package registry.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check clean

run: .venv/.installed
	$(BIN)/overture checkup --policy recommended --only pairs,doing,missing --pairs 24 --out out/checkup

test: .venv/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/python -m pytest tests/test_house.py tests/test_readme.py

# What is installed is asked for again only when pyproject.toml changes.
.venv/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

.venv/.dev: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,ray]'
	touch $@

clean:
	rm -rf .venv out .pytest_cache .ruff_cache
