"""Files that appear whole, on a disk that becomes full: the kernel refuses to write more than so many bytes."""

import resource
from contextlib import contextmanager

import numpy as np
import pytest

from dystream_lab.speech.speech import Speech, SpeechCache
from dystream_lab.whole_files import write_text

LONG = 20_000  # characters


@contextmanager
def full_disk(at: int):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_cannot_be_finished_leaves_the_one_before(tmp_path):
    path = tmp_path / "new" / "figures.json"
    write_text(path, "before")
    with full_disk(4096), pytest.raises(OSError, match="too large"):
        write_text(path, "x" * LONG)
    assert path.read_text() == "before"
    assert list(path.parent.iterdir()) == [path]


def test_an_utterance_whose_labels_could_not_be_finished_is_spoken_again(tmp_path):
    cache = SpeechCache(tmp_path)
    speech = Speech(np.zeros(1600, np.float32), ((0.0, 0.1, "a"),), "word " * (LONG // 5), "espeak", "en+m1")
    path = cache.path("espeak", "en+m1", "word", 1.0)
    with full_disk(8192), pytest.raises(OSError, match="too large"):
        cache.store(speech, path)
    assert path.with_suffix(".flac").exists()
    assert not path.exists()
    assert cache.all() == []
    cache.store(speech, path)
    assert cache.load(path).text == speech.text
