"""`dystream evaluate sync` and `dystream train-sync`: files, rows and wrong arguments."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dystream_lab.sync import weights
from dystream_ros.cli import main
from dystream_ros.face.arkit import ARKIT_NAMES

WRONG = [
    ("train-sync lips --run run", "the stage lips needs the folder of a corpus"),
    ("train-sync lips none --run run", "no corpus in none"),
    ("train-sync pictures none --run run", "the stage pictures reads the rendered mouths of --run, and no corpus"),
    ("train-sync pictures --run run", "no weights of the sync score at run/lips.safetensors"),
    ("train-sync smell none --run run", "no stage 'smell'; there are lips, render, pictures"),
    ("train-sync lips none --run run --steps 0", "--steps is 0; accepted are 1 and more"),
    ("evaluate sync none.mp4", "there is no file none.mp4 (a video, a bag, or motion as .csv or .npz)"),
    ("evaluate sync alone.csv", "there is no sound alone.wav of the motion alone.csv; give it with --sound FILE"),
    ("evaluate sync talk.csv --channel 3", "talk.wav: channel 3 was asked for, it has 1"),
    ("evaluate sync talk.csv --mouth 0.5 0.7 2", "--mouth is [0.5, 0.7, 2.0]; accepted are shares above 0 and up to 1"),
    ("evaluate sync talk.csv --weights folder", "no weights of the sync score at folder/lips.safetensors"),
    ("evaluate sync letter.mp4", "letter.mp4 cannot be read"),
    ("evaluate sync talk.wav", "talk.wav has no pictures"),
    ("evaluate sync folder", "folder is no bag"),
    ("evaluate sync --sets moon", "no set 'moon'; there are valid"),
    ("evaluate sync --recordings folder --rows", "no recordings in folder; accepted are files that end in .wav"),
]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder, made the current one, with a motion of 6 s and its sound, and files that are something else."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    opened = np.repeat(rng.random(30) > 0.5, 5)  # 150 frames
    sound = 0.2 * np.repeat(opened, 640) * rng.standard_normal(150 * 640)
    soundfile.write("talk.wav", sound, 16_000)
    rows = [",".join(["frame", *ARKIT_NAMES])]
    for number, wide in enumerate(opened):
        values = [0.5 * wide if name == "jawOpen" else 0.0 for name in ARKIT_NAMES]
        rows.append(",".join(map(str, [number, *values])))
    for name in ("talk.csv", "alone.csv"):
        (tmp_path / name).write_text("\n".join(rows) + "\n")
    (tmp_path / "letter.mp4").write_text("Dear reader")
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("line", "text"), WRONG, ids=[line for line, _ in WRONG])
def test_a_wrong_argument_is_one_line(line, text, capsys):
    assert main(line.split()) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1
    assert "Errno" not in error


@pytest.mark.usefixtures("here")
def test_motion_with_its_sound_has_a_line_of_figures(capsys):
    assert main(["evaluate", "sync", "talk.csv", "--json", "figures.json"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"talk\.csv +\d\.\d{3} +\d\.\d{3} +-?\d+ +4\.6\n", printed)
    figures = json.loads(Path("figures.json").read_text())["sync"]["talk.csv"]
    assert figures["LSE-C"] > 0.0
    assert figures["offset ms"] % 40 == 0


def test_one_of_several_files_may_have_no_score(here, capsys):
    soundfile.write("silent.wav", np.zeros(150 * 640), 16_000)
    (here / "silent.csv").write_text((here / "talk.csv").read_text())
    assert main(["evaluate", "sync", "silent.csv", "talk.csv"]) == 1
    printed = capsys.readouterr().out
    assert "silent.csv has no sound: its 6.0 s are silent" in printed
    assert "talk.csv " in printed


def test_rows_are_measured_on_recordings_without_phones(here, capsys):
    for number in range(2):
        sound, rate = soundfile.read("talk.wav")
        soundfile.write(here / "folder" / f"{number}.flac", np.roll(sound, 16_000 * number), rate)
    line = ["evaluate", "sync", "--recordings", "folder", "--rows", "oscillator", "loudness", "oracle"]
    assert main([*line, "--model", "compact", "--seeds", "1", "--json", "sync.json"]) == 0
    printed = capsys.readouterr().out
    assert "sync, folder: 2 recordings, 0.2 min" in printed
    report = json.loads(Path("sync.json").read_text())
    assert list(report["sync folder"]) == ["compact", "6 Hz oscillator", "loudness only"]
    assert report["sync folder"]["compact"]["LSE-D"][0] > 0.0


def test_the_shipped_weights_are_small():
    assert weights.LIPS.stat().st_size < 1_100_000
    assert weights.MOUTHS.stat().st_size < 2_000_000
