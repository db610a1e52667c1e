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
