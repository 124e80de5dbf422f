# `make demo` and `make test` set up everything they need on a machine with Python and git.
PYTHON ?= python3
OUT ?= gastricdiff-demo
# Arguments of `make view`, such as VIEW="CT --roi ROI.mrk.json".
VIEW ?=
BIN := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
DEMO_NOTE := Trained on synthetic phantoms only. It knows nothing of patients.
MODEL := Resources/Models/phantom-only-demo.safetensors

.PHONY: demo view test lint format coverage docs demo-model icon picture screenshots clean

demo: .venv/demo.done
	.venv/$(BIN)/gastricdiff demo --out "$(OUT)"

view: .venv/view.done
	.venv/$(BIN)/gastricdiff view $(VIEW)

test: lint
	.venv/$(BIN)/python -m pytest -n $(or $(WORKERS),2)

# The same tests, a sixth slower, and which lines they reach; less than 90 % is an error.
coverage: lint
	.venv/$(BIN)/python -m pytest -n $(or $(WORKERS),2) --cov --cov-report=term

lint: .venv/test.done
	.venv/$(BIN)/ruff check .
	.venv/$(BIN)/ruff format --check .
	.venv/$(BIN)/mypy
	.venv/$(BIN)/lint-imports --no-cache

format: .venv/test.done
	.venv/$(BIN)/ruff check --fix .
	.venv/$(BIN)/ruff format .

# The site of docs/ and the docstrings, in build/site.
docs: .venv/docs.done
	NO_MKDOCS_2_WARNING=1 .venv/$(BIN)/python -m mkdocs build --strict

# The bundled model, from nothing: phantoms, training, held-out test (80 of the 400 cases).
demo-model: .venv/demo.done
	.venv/$(BIN)/gastricdiff phantom build/phantoms --cases 400 --seed 2026
	.venv/$(BIN)/gastricdiff train build/phantoms/cohort.csv --out build/phantom-only-demo \
		--width 0.125 --size 128 --crop 2 --window -100 200 --lambda 0.1 --beta 1 \
		--weight-decay 0.2 --batch-size 16 --epochs 30 --patience 30 --note "$(DEMO_NOTE)"
	mkdir -p Resources/Models
	cp build/phantom-only-demo/model.safetensors $(MODEL)

icon: .venv/test.done
	.venv/$(BIN)/python Resources/Icons/draw_icon.py

# The README's picture of a result.
picture: .venv/demo.done
	.venv/$(BIN)/gastricdiff demo --out build/picture
	mkdir -p Resources/Screenshots
	cp build/picture/overview.png Resources/Screenshots/overview.png

# The pictures of the module's panel and of the viewer.
screenshots: .venv/test.done
	.venv/$(BIN)/python Resources/Screenshots/draw_panel.py
	.venv/$(BIN)/python Resources/Screenshots/draw_viewer.py

.venv/demo.done: pyproject.toml constraints.txt
	test -d .venv || $(PYTHON) -m venv .venv
	.venv/$(BIN)/python -m pip install --quiet --upgrade pip
	# torch first and alone: the pinned build, before anything else can ask for another.
	.venv/$(BIN)/python -m pip install --quiet $$(grep '^torch==' constraints.txt)
	.venv/$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[scene,radiomics]"
	touch $@

.venv/view.done: .venv/demo.done
	.venv/$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[scene,radiomics,viewer]"
	touch $@

.venv/test.done: .venv/view.done
	.venv/$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[scene,radiomics,viewer,test]"
	touch $@

.venv/docs.done: .venv/demo.done
	.venv/$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[scene,radiomics,docs]"
	touch $@

clean:
	rm -rf .venv build *.egg-info gastricdiff-demo .coverage* .pytest_cache .mypy_cache .ruff_cache
