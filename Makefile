# Each command first sets up what it needs: see scripts/setup.sh. Options are given as in: make demo SELF=a.wav OTHER=b.wav
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON_IN_ROS := source scripts/env.sh && exec .venv/bin/python
export TORCH_INDEX PYTHON
# quoted TEXT: as one word of the shell, also with spaces and quotes in it.
quoted = '$(subst ','\'',$(1))'
# is_photo TEXT: not empty for a file that exists and is no .face file. `wildcard` would split its name at spaces.
is_photo = $(if $(filter %.face,$(lastword $(1))),,$(shell f=$(call quoted,$(1)); [ -f "$${f/#~\//$$HOME/}" ] && echo yes))

.PHONY: help setup demo talk test bench soak lint gallery train train-published evaluate config clean docs

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## .venv, ROS and the messages; PARTS= e.g. torch or train, TORCH_INDEX= a further index for torch, PYTHON= which
	@scripts/setup.sh $(PARTS)

demo:  ## a conversation through the real nodes, in demo/; SELF= OTHER= audio files, PORTRAIT= photo, MODEL= weights, ARGS=
	@scripts/setup.sh $(if $(filter-out compact,$(MODEL)),torch) $(if $(call is_photo,$(PORTRAIT)),portrait) $(if $(findstring --robot,$(ARGS)),robot)
	@$(PYTHON_IN_ROS) -m dystream_ros.cli demo \
		$(if $(SELF),--self $(call quoted,$(SELF))) $(if $(OTHER),--other $(call quoted,$(OTHER))) $(if $(PORTRAIT),--portrait $(call quoted,$(PORTRAIT))) \
		$(if $(MODEL),--model $(call quoted,$(MODEL))) $(ARGS)

talk:  ## a page in the browser to talk to the face; HOST=0.0.0.0 for phones, PORTRAIT= name or .face file, ARGS= for dystream talk
	@scripts/setup.sh say web
	@$(PYTHON_IN_ROS) -m dystream_ros.cli talk $(if $(HOST),--host $(call quoted,$(HOST))) $(if $(PORTRAIT),--portrait $(call quoted,$(PORTRAIT))) $(ARGS)

test:  ## all tests; ARGS= for pytest, e.g. test/audio
	@scripts/setup.sh test bag say web lab export portrait robot
	@scripts/test.sh $(ARGS)

bench:  ## the figures of the README, measured on this machine; ARGS= e.g. engine
	@scripts/setup.sh test
	@$(PYTHON_IN_ROS) -m benchmarks $(ARGS)

soak:  ## all nodes beside random faults; MINUTES=60, SEED=1, ARGS= e.g. --plan; figures and picture in soak/
	@scripts/setup.sh test
	@$(PYTHON_IN_ROS) -m benchmarks.soak --minutes $(or $(MINUTES),60) --seed $(or $(SEED),1) $(ARGS)

lint:  ## ruff and mypy
	@scripts/setup.sh test
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/python -m mypy

gallery:  ## sheets of all coefficients, visemes and expressions, in gallery/; ARGS= e.g. --sheet docs/gallery.jpg
	@scripts/setup.sh
	@$(PYTHON_IN_ROS) -m dystream_ros.cli gallery $(ARGS)

train:  ## a corpus in corpus/first and a model trained on it in runs/first (hours; resumable); ARGS= for dystream train
	@scripts/setup.sh say lab export train
	@$(PYTHON_IN_ROS) -m dystream_ros.cli corpus corpus/first
	@$(PYTHON_IN_ROS) -m dystream_ros.cli train corpus/first --run runs/first $(ARGS)

train-published:  ## both stages of the published architecture, to a film (hours; resumable); PRESET=tiny minutes, FOLDER= CORPUS= THREADS=
	@scripts/setup.sh say lab export train evaluate portrait released
	@PRESET=$(call quoted,$(PRESET)) FOLDER=$(call quoted,$(FOLDER)) CORPUS=$(call quoted,$(CORPUS)) THREADS=$(call quoted,$(THREADS)) scripts/train_published.sh

evaluate:  ## lips, stillness and listening of the model on unseen voices; ARGS= for dystream evaluate
	@scripts/setup.sh say lab export train evaluate
	@$(PYTHON_IN_ROS) -m dystream_ros.cli evaluate $(ARGS)

config:  ## write config/*.yaml, the tables of docs/nodes.md, requirements-ros.txt and the advice of the page
	@scripts/setup.sh test
	@.venv/bin/python scripts/write_config.py
	@.venv/bin/python scripts/write_node_docs.py
	@.venv/bin/python scripts/ros_requirements.py
	@.venv/bin/python scripts/write_web_advice.py

clean:  ## removes .venv, build/, demo/ and gallery/
	rm -rf .venv build demo gallery

docs:  ## draw the diagrams, and write the figures of the README from benchmarks/results.json
	@scripts/setup.sh
	@.venv/bin/python scripts/draw_architecture.py
	@.venv/bin/python scripts/write_figures.py
