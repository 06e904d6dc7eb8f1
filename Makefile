# Two commands do everything: `make book` and `make test`.
# Each target first sees to the environment in .venv; that is quick when it is there.

VENV := .venv
PY := $(VENV)/bin/python

# How many tests run at a time, and which port `make serve` listens on.
WORKERS ?= 2
PORT ?= 8000
# More options for jupyter-book, for pytest, and a choice of variants for test-cpus.
BOOKFLAGS ?=
PYTESTFLAGS ?=
CPUS ?=
# Which notebooks `make notebooks`, `test-seeds` and `test-live` run: how their names begin.
NB ?=
# By how much `make test-seeds` moves all seeds.
SEEDS ?= 1000 2000 3000
# Options for `make mutations`, and which modules: MUTATE="--seed 2 layers".
MUTATE ?=
# Where `make bench` keeps what it compares with; more options for pip, which fetches
# that, and for the benchmark.
PEERS := .venv-bench
PIPFLAGS ?=
BENCHFLAGS ?=

# Programs keep settings and caches in HOME; where it cannot be written to, in this one.
ifneq ($(shell test -w "$$HOME" && echo writable),writable)
export HOME := $(CURDIR)/_build/home
$(shell mkdir -p "$(HOME)" 2>/dev/null)
endif

# One thread for NumPy's linear algebra: steady timings, and no fight for the cores.
test test-peers mutations notebooks labs weights bench: export OPENBLAS_NUM_THREADS := 1
# Long trainings keep the memory of large arrays, and do not ask for it anew each time.
labs weights: export MALLOC_MMAP_THRESHOLD_ := 1000000000
labs weights: export MALLOC_TRIM_THRESHOLD_ := 1000000000

.DEFAULT_GOAL := help
.PHONY: help env book live ebook serve lab test test-cpus test-seeds test-live test-peers mutations \
  notebooks figures contents links labs weights bench format lint clean

help:  ## list the targets
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

env:  ## make or refresh the environment in .venv
	@$(PY) tools/environment.py --check 2>/dev/null || { \
	  for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	      2>/dev/null && exec "$$python" tools/environment.py; \
	  done; \
	  echo "No Python 3.11 or newer was found."; \
	  echo "Install one, or name it: make PYTHON=/path/to/python"; exit 1; }

book: env  ## build the site, and say where to open it
	@if [ -n "$(BOOKFLAGS)" ] || ! $(PY) tools/stale.py >/dev/null; then \
	  $(PY) tools/environment.py --writable && \
	  $(VENV)/bin/jupyter-book build -q . $(BOOKFLAGS) >/dev/null; fi
	@$(PY) tools/live.py --again
	@if [ -d _build/html/_static/book ]; then $(PY) tools/ebook_links.py; fi
	@echo "The book is ready. Open it in a browser: file://$(CURDIR)/_build/html/index.html"

live: book  ## add Python to the site: cells that run in the page, and JupyterLite
	@$(PY) tools/live.py

ebook: book  ## make the whole book as one EPUB and as one PDF, and link them from the site
	@$(PY) tools/ebook.py

serve: book  ## serve the site on this machine, with what `make live` added to it
	@echo "The book is at http://localhost:$(PORT)/ (stop with Ctrl+C)"
	@$(PY) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

lab: env  ## open the notebooks in JupyterLab
	@$(VENV)/bin/jupyter trust notebooks/*.ipynb >/dev/null
	@$(VENV)/bin/jupyter lab --notebook-dir=. --LabApp.default_url=/lab/tree/notebooks

test: book  ## execute every notebook again, and run all tests
	@$(PY) -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder \
	  --max-worker-restart 0 $(PYTESTFLAGS)

test-cpus: env  ## run the chapters as other processors would
	@$(PY) tools/other_cpus.py $(CPUS)

test-seeds: env  ## run the notebooks with other random numbers: do their claims hold?
	@$(PY) tools/other_seeds.py --workers $(WORKERS) --offsets $(SEEDS) -- $(NB)

test-live: live  ## run the chapters in a browser's Python, and compare all outputs
	@$(PY) tools/run_in_page.py $(NB)

test-peers: $(PEERS)/.installed  ## compare with PyTorch, scikit-learn, Gymnasium …
	@$(PEERS)/bin/python -m pytest -q -p no:cacheprovider -o addopts="" \
	  $(wildcard tests/test_*_against_*.py) tests/test_other_libraries.py

mutations: env  ## change the library at random, and see whether its tests notice
	@$(PY) tools/mutations.py $(MUTATE)

notebooks: env  ## execute the chapters, or some (NB="02 05"); renew the lists
	@$(PY) tools/execute_notebooks.py $(NB)
	@$(PY) tools/sources.py
	@$(PY) tools/contents.py

figures: env  ## put changed scripts of the interactive figures into the notebooks
	@$(PY) tools/execute_notebooks.py --figures notebooks/*.ipynb

contents: env  ## renew the picture and the tables that show all chapters
	@$(PY) tools/contents.py

links: book  ## print all links that the site adds to the chapters by itself
	@$(PY) tools/added_links.py

labs: weights  ## run all that takes long: train every network, the labs, the results page
	@$(PY) tools/execute_notebooks.py notebooks/lab-*.ipynb
	@$(PY) tools/results.py

weights: env  ## train the networks that the package ships
	@$(PY) tools/train_weights.py

bench: $(PEERS)/.installed  ## measure, and renew the timings on the results page
	@$(PEERS)/bin/python benchmarks/run.py $(BENCHFLAGS)

$(PEERS)/.installed: benchmarks/requirements.txt requirements.txt pyproject.toml | env
	@echo "Preparing the environment in $(PEERS): PyTorch, TensorFlow and others …"
	@$(PEERS)/bin/python -m pip --version >/dev/null 2>&1 || \
	  $(PY) -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m pip install -q $(PIPFLAGS) \
	  -c requirements.txt -r benchmarks/requirements.txt -e .
	@touch $@

format: env  ## put all code into the usual style, notebooks included
	@$(PY) -m ruff check -q --fix-only .
	@$(PY) -m ruff format -q .
	@$(PY) tools/execute_notebooks.py --format notebooks/*.ipynb
	@$(VENV)/bin/deno fmt -q

lint: env  ## check the style of all code, notebooks included
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(VENV)/bin/deno fmt -q --check
	@$(VENV)/bin/deno lint -q

clean:  ## remove what was built, but not .venv and .venv-bench
	rm -rf _build build dist dlscratch.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name '.venv*' -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) \
	  -type d -exec rm -rf {} +
