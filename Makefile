# Every command sets up what it needs first: see scripts/setup.sh. Options are given as in: make demo SELF=a.wav OTHER=b.wav
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON_IN_ROS := source scripts/env.sh && exec .venv/bin/python
export TORCH_INDEX PYTHON

.PHONY: help setup demo test bench lint gallery train evaluate config clean docs

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## .venv, ROS and its messages; TORCH_INDEX= a wheel index for torch, PYTHON= a Python to use
	@scripts/setup.sh

demo:  ## a conversation through the real nodes, in demo/; SELF= OTHER= audio files, PORTRAIT= photo, MODEL= weights, ARGS=
	@scripts/setup.sh $(if $(wildcard $(PORTRAIT)),portrait)
	@$(PYTHON_IN_ROS) -m dystream_ros.cli demo \
		$(if $(SELF),--self '$(SELF)') $(if $(OTHER),--other '$(OTHER)') $(if $(PORTRAIT),--portrait '$(PORTRAIT)') \
		$(if $(MODEL),--model '$(MODEL)') $(ARGS)

test:  ## all tests; ARGS= for pytest
	@scripts/setup.sh test portrait
	@$(PYTHON_IN_ROS) -m pytest $(ARGS)

bench:  ## the figures of the README, measured on this machine
	@scripts/setup.sh test
	@$(PYTHON_IN_ROS) -m benchmarks $(ARGS)

lint:  ## ruff and mypy
	@scripts/setup.sh test
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/python -m mypy

gallery:  ## sheets of what the faces can do, in gallery/; ARGS= e.g. --sheet docs/gallery.jpg, all of them as one picture
	@scripts/setup.sh
	@$(PYTHON_IN_ROS) -m dystream_ros.cli gallery $(ARGS)

train:  ## a corpus in corpus/first and the model trained on it in runs/first (hours; resumable); ARGS= for dystream train
	@scripts/setup.sh train
	@$(PYTHON_IN_ROS) -m dystream_ros.cli corpus corpus/first
	@$(PYTHON_IN_ROS) -m dystream_ros.cli train corpus/first --run runs/first $(ARGS)

evaluate:  ## lips, stillness and listening of the model on voices it never heard; ARGS= for dystream evaluate
	@scripts/setup.sh train evaluate
	@$(PYTHON_IN_ROS) -m dystream_ros.cli evaluate $(ARGS)

config:  ## write config/*.yaml and the tables in docs/nodes.md anew from the tables of parameters
	@scripts/setup.sh
	@.venv/bin/python scripts/write_config.py
	@.venv/bin/python scripts/write_node_docs.py

clean:  ## removes .venv, build/, demo/ and gallery/
	rm -rf .venv build demo gallery

docs:  ## draw the diagrams, and write the figures of the README from benchmarks/results.json
	@scripts/setup.sh
	@.venv/bin/python scripts/draw_architecture.py
	@.venv/bin/python scripts/write_figures.py
