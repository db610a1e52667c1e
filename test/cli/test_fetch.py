"""`dystream fetch` names what it needs, then the licence, before it downloads anything."""

import io

import pytest

from dystream_ros.cli import main


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """huggingface_hub on the path: until the answer, only that it is there matters."""
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "huggingface_hub.py").write_text("raise AssertionError('a download begins')\n")
    monkeypatch.syspath_prepend(tmp_path / "packages")


@pytest.mark.usefixtures("hub")
def test_the_missing_licence_is_named_before_the_question(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("builtins.input", lambda prompt: "no")
    assert main(["fetch", "-o", str(tmp_path / "downloads")]) == 1
    assert "no licence" in capsys.readouterr().out
    assert not (tmp_path / "downloads").exists()


@pytest.mark.usefixtures("hub")
def test_without_a_terminal_yes_has_to_be_given(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["fetch", "-o", str(tmp_path / "downloads")]) == 2
    assert "--yes" in capsys.readouterr().err


@pytest.mark.usefixtures("hub")
def test_a_folder_that_cannot_be_written_is_named_before_the_download(capsys):
    assert main(["fetch", "-o", "/proc/none/downloads", "--yes"]) == 2
    assert "/proc/none/downloads cannot be written" in capsys.readouterr().err
