"""What is wrong with the arguments is reported before a model loads, with the cause and what is accepted."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import dystream_ros
from dystream_ros.cli import main
from dystream_ros.cli.arguments import check_model, check_output, check_output_folder, check_sound
from dystream_ros.models.errors import ModelError


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder, made the current one, with a sound file, a text and empty folders."""
    monkeypatch.chdir(tmp_path)
    soundfile.write("speech.wav", np.zeros(1600), 16_000)
    (tmp_path / "letter.txt").write_text("Dear reader")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.csv").mkdir()
    return tmp_path


WRONG = [
    ("render --self missing.wav -o face.mp4", "missing.wav: no such file"),
    ("render --self folder -o face.mp4", "folder is a folder; give the path of an audio file"),
    ("render --self speech.wav --self-channel 1 -o face.mp4", "channel 1 was asked for, it has 1"),
    ("render -o face.mp4", "give --self FILE, --other FILE or both"),
    (
        "render --self speech.wav --model nobody -o face.mp4",
        "there is no model 'nobody'; shipped are compact, released",
    ),
    (
        "render --self speech.wav --model gone.safetensors -o face.mp4",
        "no weights at gone.safetensors; give the path of",
    ),
    (
        "render --self speech.wav --background nocolour -o face.mp4",
        "the background 'nocolour' is none of keep, transparent",
    ),
    (
        "render --self speech.wav --background nocolour -o face.mp4",
        "#rrggbb, black, white, grey, green, blue, nor a picture file",
    ),
    ("render --self speech.wav --portrait nobody -o face.mp4", "portrait 'nobody' is neither a file nor"),
    ("render --self speech.wav --quality 90 -o face.mp4", "--quality is 90; accepted are 0 (best) to 51"),
    ("render --self speech.wav -o face.avi", "the output is face.avi; accepted are names that end in .mp4 or .webm"),
    ("render --self speech.wav -o speech.wav/face.mp4", "speech.wav/face.mp4 cannot be written"),
    ("motion --self missing.wav -o motion.csv", "missing.wav: no such file"),
    ("motion --self speech.wav -o folder.csv", "the output folder.csv is a folder"),
    ("motion --self speech.wav -o /proc/none/motion.csv", "/proc/none/motion.csv cannot be written"),
    ("motion --self speech.wav -o motion.txt", "accepted are names that end in .csv or .npz"),
    ("demo --self missing.wav", "missing.wav: no such file"),
    ("demo --background nocolour", "nor a picture file"),
    ("demo --model nobody", "there is no model 'nobody'"),
    ("demo --people --self speech.wav", "leave out --self and --other"),
    ("bench --model nobody", "there is no model 'nobody'"),
    ("bench --portrait nobody", "portrait 'nobody'"),
    ("bench --seconds 0", "--seconds is 0; accepted are 2 to 3600"),
    ("bench --seconds nan", "--seconds is nan; accepted are 2 to 3600"),
    ("bench --seconds inf", "--seconds is inf; accepted are 2 to 3600"),
    ("bench --json /proc/none/bench.json", "/proc/none/bench.json cannot be written"),
    ("gallery --portrait nobody", "portrait 'nobody'"),
    ("gallery --model nobody", "there is no model 'nobody'"),
    ("gallery -o letter.txt/sheets", "letter.txt is not a folder"),
    ("convert --checkpoint missing.ckpt", "there is no file missing.ckpt (checkpoint)"),
    ("convert --portrait folder", "folder is a folder; give the path of a file (photo)"),
    ("convert", "nothing to convert"),
    ("portrait prepare missing.jpg", "there is no file missing.jpg (photo)"),
    ("portrait prepare letter.txt", "letter.txt is not a JPEG, PNG or WebP picture"),
]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("line", "text"), WRONG, ids=[line for line, _ in WRONG])
def test_a_wrong_argument_is_one_line_without_loading_a_model(line, text, capsys, monkeypatch):
    def load(*_, **__):
        raise AssertionError("a model is loaded")

    monkeypatch.setattr("dystream_ros.models.registry.load_model", load)
    assert main(line.split()) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1
    assert error.startswith(f"dystream {line.split()[0]}: ")
    assert "Errno" not in error


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("line", ["render --self missing.wav -o face.mp4", "demo --other missing.wav"])
def test_a_missing_sound_is_reported_without_importing_torch(line):
    script = (
        "import sys; from dystream_ros.cli import main\n"
        f"code = main({line.split()})\n"
        "sys.exit('torch was imported' if 'torch' in sys.modules else code)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(dystream_ros.__file__).parents[1])}
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert result.returncode == 2, result.stderr
    assert "no such file" in result.stderr


def test_a_model_that_was_not_converted_yet_names_fetch_and_convert(here, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(here))
    assert main(["render", "--self", "speech.wav", "--model", "released", "-o", "face.mp4"]) == 2
    text = capsys.readouterr().err
    assert "the model released has no weights yet" in text
    assert "dystream fetch" in text
    assert "dystream convert" in text
    assert "portrait" not in text


def test_a_model_file_is_accepted_when_its_weights_are_converted(here):
    (here / "weights").mkdir()
    (here / "own.yaml").write_text("family: released\nweights: weights\n")
    (here / "weights" / "renderer.safetensors").touch()
    with pytest.raises(ModelError, match=r"no weights yet: there is no .*weights/generator\.safetensors"):
        check_model(str(here / "own.yaml"))
    (here / "weights" / "generator.safetensors").touch()
    check_model(str(here / "own.yaml"))
    check_model(str(here / "weights"))
    (here / "broken.yaml").write_text("{[")
    with pytest.raises(ModelError, match="cannot be read as a model file"):
        check_model(str(here / "broken.yaml"))
    (here / "other.safetensors").write_bytes(b"no tensors")
    with pytest.raises(ModelError, match="damaged or no safetensors file"):
        check_model(str(here / "other.safetensors"))


def test_checking_an_output_leaves_an_existing_file_and_makes_no_new_one(here):
    check_output(here / "letter.txt")
    assert (here / "letter.txt").read_text() == "Dear reader"
    check_output(here / "new" / "face.mp4")
    assert list((here / "new").iterdir()) == []
    check_output_folder(here / "folder")
    assert list((here / "folder").iterdir()) == []
    with pytest.raises(IsADirectoryError, match="is a folder; give the path of a file"):
        check_output(here / "folder")


def test_an_output_that_is_an_input_or_a_pipe_is_refused(here):
    """A pipe would be waited for until somebody reads it."""
    (here / "visit.mp4").write_bytes(b"a film")
    (here / "link.mp4").symlink_to(here / "visit.mp4")
    for output in ("visit.mp4", "link.mp4"):
        with pytest.raises(ValueError, match="is also an input, and would be lost"):
            check_output(here / output, (".mp4",), (None, here / "visit.mp4"))
    assert (here / "visit.mp4").read_bytes() == b"a film"
    check_output(here / "new.mp4", (".mp4",), (None, here / "visit.mp4"))
    os.mkfifo(here / "pipe.mp4")
    with pytest.raises(OSError, match="no regular file"):
        check_output(here / "pipe.mp4")


def test_a_channel_of_the_file_is_accepted(here):
    soundfile.write(here / "stereo.wav", np.zeros((1600, 2)), 16_000)
    for channel in (-1, 0, 1):
        check_sound(here / "stereo.wav", channel)
    with pytest.raises(ValueError, match="channel 2 was asked for, it has 2"):
        check_sound(here / "stereo.wav", 2)


@pytest.mark.usefixtures("here")
def test_a_portrait_cannot_be_prepared_transparent_and_the_message_says_where_it_can(capsys, tmp_path):
    import cv2

    cv2.imwrite(str(tmp_path / "me.png"), np.zeros((200, 200, 3), np.uint8))
    assert main(["portrait", "prepare", "me.png", "--background", "transparent"]) == 2
    assert "--background transparent is an option of `dystream render`" in capsys.readouterr().err
    assert main(["portrait", "prepare", "me.png", "--background", "nocolour"]) == 2
    assert "'nocolour' is none of keep, transparent, #rrggbb" in capsys.readouterr().err
