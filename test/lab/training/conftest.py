"""A corpus for all tests of training."""

from pathlib import Path

import pytest
from tiny_training import write_corpus


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Path:
    """Two clips in which the jaw of a party is open exactly while it sounds."""
    root = tmp_path_factory.mktemp("corpus")
    write_corpus(root)
    return root


@pytest.fixture(autouse=True)
def no_graph(request, monkeypatch):
    """No graph is exported after a training, which would take longer; but where a test is about the graph."""
    if "graph" not in request.node.name and "its_weights_load" not in request.node.name:
        monkeypatch.setattr("dystream_lab.training.train.write_graph_beside", lambda weights: None)
