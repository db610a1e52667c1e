"""A network that was trained for seconds on lips that open exactly while there is sound."""

from pathlib import Path

import pytest
import torch
from tiny_training import write_corpus

from dystream_lab.sync.batches import Segments, talks_of_corpus
from dystream_lab.sync.towers import SyncConfig
from dystream_lab.sync.training import SyncNetwork, Trainer

TINY = SyncConfig(window=5, width=24, vector=16)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    write_corpus(root)
    return root


@pytest.fixture
def trainer(corpus):
    """Makes a trainer of a fresh network, of so many steps."""

    def make(steps: int) -> Trainer:
        torch.manual_seed(0)
        return Trainer(SyncNetwork(TINY), Segments(list(talks_of_corpus(corpus, 1.0))), steps, batch=6)

    return make
