"""Outputs that replace the ones before when they are complete."""

import pytest

from dystream_ros.recording.claim import OutputInUse
from dystream_ros.recording.replacing import replacing


def test_a_complete_file_replaces_the_one_before_also_through_a_link(tmp_path):
    (tmp_path / "film.mp4").write_text("before")
    (tmp_path / "link.mp4").symlink_to("film.mp4")
    with replacing(tmp_path / "link.mp4") as new:
        assert new.suffix == ".mp4"
        new.write_text("after")
        assert (tmp_path / "film.mp4").read_text() == "before"
    assert (tmp_path / "film.mp4").read_text() == "after"
    assert (tmp_path / "link.mp4").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "link.mp4"]


@pytest.mark.parametrize(("before", "said"), [("before", "film.mp4 is as it was"), (None, "film.mp4 was not written")])
def test_an_interruption_keeps_the_file_before_and_names_the_beginning_of_the_new_one(tmp_path, caplog, before, said):
    film = tmp_path / "film.mp4"
    if before is not None:
        film.write_text(before)
    with pytest.raises(KeyboardInterrupt), replacing(film) as new:
        new.write_text("half")
        raise KeyboardInterrupt
    assert (film.read_text() if film.exists() else None) == before
    assert (tmp_path / "film.partial.mp4").read_text() == "half"
    assert f"{tmp_path / 'film.partial.mp4'}; {tmp_path}/{said}" in caplog.text
    with replacing(film) as new:
        assert not new.exists(), "of the interrupted run"
        new.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_what_fails_before_the_first_byte_leaves_nothing_and_says_nothing(tmp_path, caplog):
    with pytest.raises(ValueError, match="odd"), replacing(tmp_path / "film.mp4"):
        raise ValueError("odd sound")
    assert list(tmp_path.iterdir()) == []
    assert caplog.text == ""


def test_two_writers_of_one_file_are_refused_but_for_the_first(tmp_path):
    with replacing(tmp_path / "film.mp4") as new:
        new.write_text("first")
        with pytest.raises(OutputInUse, match="is being written by another program"):
            replacing(tmp_path / "film.mp4").__enter__()
    assert (tmp_path / "film.mp4").read_text() == "first"
