# Each target does its own set-up in .venv/; nothing is needed but Python 3.11, 3.12 or 3.13.

PYTHON ?= $(shell for candidate in python3.11 python3.12 python3.13 python3; do \
	$$candidate -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && { echo $$candidate; break; }; done)
RUN := .venv/bin/python
# One worker a core, at most four: each holds TensorFlow, about 1 GB.
WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 4 ? cores : 4)))
PYTEST := $(RUN) -m pytest -n $(WORKERS)

# --no-compile below leaves byte code to the first import; this lets it be kept.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help demo test lint recipes docs benchmark-decoding benchmark-training clean

help:
	@echo "make demo    train on the sample corpus, evaluate, export, translate a sentence, draw its attention"
	@echo "make test    lint, tests on TensorFlow, backend-neutral tests on JAX"
	@echo "make lint    ruff"
	@echo "make recipes write the comments of recipes/*.yaml anew, after a change of the settings"
	@echo "make docs    the documentation as a site in build/docs/, English and Korean"
	@echo "make benchmark-decoding  decoding beside other engines, about an hour"
	@echo "make benchmark-training  training beside PyTorch and keras-nlp"
	@echo "make clean   remove .venv/, .venv-peers/ and caches; runs/ and exports/ stay"

.venv/created:
	@test -n "$(PYTHON)" || { \
		echo "make: Python 3.11, 3.12 or 3.13 with its venv module is needed: make PYTHON=/path/to/python3" >&2; \
		exit 1; }
	@echo "== creating .venv/ with $(PYTHON)"
	$(PYTHON) -m venv .venv
	@touch $@

# --no-compile: Python compiles what is used; compiling all of TensorFlow takes a minute.
.venv/installed: .venv/created setup.cfg pyproject.toml
	@echo "== installing keras-transformer-mt and what it needs"
	$(RUN) -m pip install --disable-pip-version-check --quiet --no-compile -e .
	@touch $@

.venv/installed-test: .venv/installed
	@echo "== installing what the tests need"
	$(RUN) -m pip install --disable-pip-version-check --quiet --no-compile -e '.[test,jax]'
	@touch $@

.venv/installed-draw: .venv/installed
	@echo "== installing what pictures need"
	$(RUN) -m pip install --disable-pip-version-check --quiet --no-compile -e '.[draw]'
	@touch $@

demo: .venv/installed-draw
	@echo "== training on the sample corpus, Korean to English"
	$(RUN) train.py --run runs/demo
	@echo "== exporting for TensorFlow Serving"
	test -e exports/demo/1 || .venv/bin/keras-transformer export runs/demo exports/demo
	@echo "== what it is"
	.venv/bin/keras-transformer info runs/demo
	@echo "== translating"
	echo "나는 학생입니다." | .venv/bin/keras-transformer translate runs/demo
	@echo "== drawing its attention"
	.venv/bin/keras-transformer explain runs/demo "나는 학생입니다." --output runs/demo/explanation

test: lint
	@echo "== tests on TensorFlow"
	KERAS_BACKEND=tensorflow $(PYTEST)
	@echo "== backend-neutral tests on JAX"
	KERAS_BACKEND=jax $(PYTEST)

lint: .venv/installed-test
	@echo "== ruff"
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

recipes: .venv/installed
	$(RUN) -c 'import sys; from keras_transformer.config import refresh; list(map(refresh, sys.argv[1:]))' \
		recipes/*.yaml

.venv/installed-docs: .venv/installed
	@echo "== installing what the documentation needs"
	$(RUN) -m pip install --disable-pip-version-check --quiet --no-compile -e '.[docs]'
	@touch $@

# -W: a warning (a broken link, a docstring that cannot be read) is an error.
docs: .venv/installed-docs
	$(RUN) -m sphinx -E -W --keep-going -q -b html docs build/docs
	@echo "== build/docs/index.html"

benchmark-decoding: .venv/installed-test .venv/installed-draw
	$(RUN) benchmarks/decoding/run.py

benchmark-training: .venv/installed-test
	$(RUN) benchmarks/training/run.py

clean:
	rm -rf .venv .venv-peers .pytest_cache .ruff_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
