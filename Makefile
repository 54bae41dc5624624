# Two commands for readers (make lab, make test), a few more for whoever changes something.
# Needs: make, and Python 3.11, 3.12 or 3.13 with venv. Everything else goes into .venv, once.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# PYTHON=/path/to/python chooses the Python that .venv is made with; otherwise the first of these that runs and fits.
PYTHON ?=
CANDIDATES := python3.13 python3.12 python3.11 python3
PY := .venv/bin/python
STAMP := .venv/set-up

NOTEBOOKS := $(sort $(wildcard notebooks/*.ipynb))
CELL_SECONDS ?= 120
NOTEBOOK_SECONDS ?= 600
LAB_FLAGS ?=
PYTEST_FLAGS ?=
WORKERS ?= auto
N = 30
QUESTIONS =

# Jupyter refuses to run as root unless told so. Only root gets this switch; address and token stay as they are.
AS_ROOT := $(shell test "$$(id -u)" != 0 || echo --allow-root)

# The stamp holds the folder it was made in: a set-up that was moved, or whose Python is gone, is made again.
ifneq "$(shell test -x $(PY) && cat $(STAMP) 2>/dev/null)" "$(CURDIR)"
.PHONY: $(STAMP)
endif

.PHONY: help lab test notebooks derivations worksheets lint benchmark clean

help: ## show this list
	@echo "Back-propagation through a CNN, by hand and in code. Usage: make TARGET"
	@sed -n 's/^\([a-z][a-z]*\):.*## \(.*\)$$/\1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '  make %-12s %s\n' "$$name" "$$text"; done

lab: export FOLDER = $(CURDIR)
lab: $(STAMP) ## set up, then open JupyterLab at the first notebook
	exec $(PY) -m jupyterlab --ip=127.0.0.1 --notebook-dir="$$FOLDER" $(AS_ROOT) $(LAB_FLAGS) $(firstword $(NOTEBOOKS))

test: export OPENBLAS_NUM_THREADS = 1
test: export IPYTHONDIR = $(CURDIR)/.venv/ipython
test: $(STAMP) ## set up, then run every test, and every notebook against its stored outputs
	$(PY) -m pytest -n $(WORKERS) --dist loadfile --nbval --nbval-current-env --nbval-cell-timeout=$(CELL_SECONDS) \
		--nbval-sanitize-with tests/nbval_sanitize.cfg $(PYTEST_FLAGS) tests notebooks

notebooks: export OPENBLAS_NUM_THREADS = 1
notebooks: export IPYTHONDIR = $(CURDIR)/.venv/ipython
notebooks: $(STAMP) ## run every notebook afresh and store its outputs
	$(PY) tests/execute_notebooks.py --cell-seconds $(CELL_SECONDS) --notebook-seconds $(NOTEBOOK_SECONDS) $(NOTEBOOKS)

derivations: $(STAMP) ## prove every derivation again and rewrite the equations in its page
	$(PY) -m derivations.pages

worksheets: $(STAMP) ## write a class set to print, answers apart: make worksheets N=30 QUESTIONS=conv-dK,conv-dx
	$(PY) -m classroom.handouts --students "$(N)" $(if $(QUESTIONS),--questions "$(QUESTIONS)")

lint: $(STAMP) ## check style and formatting, notebooks included
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

benchmark: $(STAMP) ## measure speed (against PyTorch where it is installed)
	$(PY) benchmarks/run.py

clean: ## remove .venv; the next command sets it up again
	rm -rf .venv

# The stamp is written last, so a set-up that failed or was interrupted is begun again from an empty .venv.
$(STAMP): requirements.lock pyproject.toml
	@set -eu; \
	fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; \
	set -- $(CANDIDATES); \
	if [ -n "$$PYTHON_CHOICE" ]; then set -- "$$PYTHON_CHOICE"; fi; \
	python=; bare=; \
	for candidate in "$$@"; do \
		if ! "$$candidate" -c "$$fits" >/dev/null 2>&1; then continue; fi; \
		if ! "$$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then bare=$${bare:-$$candidate}; continue; fi; \
		python=$$candidate; break; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Cannot set up: none of these is a Python 3.11, 3.12 or 3.13 that can make virtual environments: $$*" >&2; \
		if [ -n "$$bare" ]; then \
			echo "$$bare lacks the modules venv and ensurepip (Debian, Ubuntu: install the package python3-venv)." >&2; fi; \
		echo "Install one of these versions, or name it: make PYTHON=/path/to/python3.12 ..." >&2; \
		exit 1; \
	fi; \
	echo "Setting up .venv with $$("$$python" --version) (once; a minute or two) ..."; \
	rm -f $(STAMP); \
	"$$python" -m venv --clear .venv; \
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; \
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	printf '%s\n' "$$FOLDER" > $(STAMP); \
	echo "Set-up is done."
$(STAMP): export PYTHON_CHOICE = $(PYTHON)
$(STAMP): export FOLDER = $(CURDIR)
