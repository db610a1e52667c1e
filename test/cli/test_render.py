"""`dystream render`, and the options of the picture that `dystream demo` hands to the head."""

import argparse
import dataclasses
import os
import signal
import subprocess
import sys
import time

import av
import numpy as np
import pytest
import soundfile
from patience import PATIENCE

from dystream_ros import cli
from dystream_ros.cli import picture_options
from dystream_ros.cli.demo import _head_parameters
from dystream_ros.cli.demo import add_arguments as add_demo
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.rendering.view import View


@pytest.fixture
def speech(spoken, tmp_path):
    soundfile.write(tmp_path / "speech.wav", spoken[:8000], 16_000)
    return str(tmp_path / "speech.wav")


def test_a_video_has_the_requested_size_background_and_rotation(speech, tmp_path, capsys):
    output = tmp_path / "face.mp4"
    look = "--portrait robot --size 96x160 --framing head --background #ff0000 --rotation 90".split()
    assert cli.main(["render", "--self", speech, *look, "-o", str(output)]) == 0
    assert "13 frames" in capsys.readouterr().out
    with av.open(str(output)) as video:
        pictures = [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]
    assert pictures[0].shape == (160, 96, 3)
    # The head lies on its side: what was beside its crown is at the right, above and below, and red.
    red = (pictures[0][..., 2] > 180) & (pictures[0][..., 1] < 60)
    assert red[:20, -20:].all()
    assert red[-20:, -20:].all()
    assert not red[60:100, 40:60].any()


def test_an_overlay_is_a_transparent_video(speech, tmp_path):
    output = tmp_path / "face.webm"
    look = ["--portrait", "robot", "--size", "128", "--background", "transparent"]
    assert cli.main(["render", "--self", speech, *look, "-o", str(output)]) == 0
    # Only this decoder of VP9 decodes its alpha.
    decoder = av.CodecContext.create("libvpx-vp9", "r")
    with av.open(str(output)) as video:
        [sound] = video.streams.audio
        assert sound.codec_context.name == "opus"
        pictures = [frame.to_ndarray(format="bgra") for each in video.demux(video=0) for frame in decoder.decode(each)]
    assert len(pictures) == 13
    assert pictures[0][:10, :10, 3].max() < 8
    assert pictures[0][60:70, 60:70, 3].min() > 247


def test_without_opengl_the_fallback_is_announced_once_with_what_to_install(speech, tmp_path):
    nowhere = {"__EGL_VENDOR_LIBRARY_FILENAMES": "/nowhere", "__EGL_VENDOR_LIBRARY_DIRS": "/nowhere"}
    options = ["--self", speech, "--portrait", "robot", "--size", "64", "-o", str(tmp_path / "face.mp4")]
    result = subprocess.run(
        [sys.executable, "-m", "dystream_ros.cli", "render", *options],
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert "13 frames" in result.stdout
    announced = [line for line in result.stderr.splitlines() if "apt install libegl1 libgl1 libgl1-mesa-dri" in line]
    assert len(announced) == 1
    assert announced[0].startswith("dystream render: ")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--size", "33"], "--size is 33; accepted are even numbers from 64 to 4096"),
        (["--size", "large"], "N or WIDTHxHEIGHT"),
        (["--background", "transparent"], "face.mp4 cannot be transparent: write a .webm"),
        (["--background", "#1234"], "not of the form #rrggbb"),
        (["--portrait", "nobody"], "portrait 'nobody' is neither a file nor one of those shipped"),
        (["--portrait", "nobody.jpg"], "nobody.jpg"),
    ],
)
def test_a_view_that_cannot_be_shown_is_refused_in_one_line(speech, tmp_path, capsys, options, text):
    assert cli.main(["render", "--self", speech, *options, "-o", str(tmp_path / "face.mp4")]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert text in lines[-1]
    assert lines[-1].startswith("dystream render: ")


def test_offline_inference_that_a_model_lacks_is_refused_and_leaves_no_file(speech, tmp_path, capsys):
    output = tmp_path / "face.mp4"
    options = ["--self", speech, "--portrait", "robot", "--size", "64", "--offline", "-o", str(output)]
    assert cli.main(["render", *options]) == 2
    assert "the model compact has no offline inference of its own; leave --offline out" in capsys.readouterr().err
    assert not output.exists()


def test_sound_that_fails_at_once_leaves_the_film_before_as_it_is(spoken, tmp_path, capsys):
    broken, output = spoken[:8000].copy(), tmp_path / "face.mp4"
    broken[0] = np.nan
    soundfile.write(tmp_path / "broken.wav", broken, 16_000, subtype="FLOAT")
    output.write_bytes(b"the film before")
    options = ["--self", str(tmp_path / "broken.wav"), "--portrait", "robot", "--size", "64", "-o", str(output)]
    assert cli.main(["render", *options]) == 2
    assert "its samples hold NaN or infinity" in capsys.readouterr().err
    assert output.read_bytes() == b"the film before"


def test_ctrl_c_keeps_the_film_before_and_names_the_beginning_of_the_new_one(spoken, tmp_path):
    soundfile.write(tmp_path / "long speech.wav", np.tile(spoken, 300), 16_000)
    output, partial = tmp_path / "face.mp4", tmp_path / "face.partial.mp4"
    output.write_bytes(b"the film before")
    options = ["--self", "long speech.wav", "--portrait", "robot", "--size", "64", "-o", "face.mp4"]
    command = [sys.executable, "-m", "dystream_ros.cli", "render", *options]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        end = time.monotonic() + PATIENCE
        # A fragment is written every two seconds of the video.
        while not (partial.exists() and partial.stat().st_size > 10_000) and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGINT, said
    lines = said.splitlines()
    assert len(lines) == 1, "no progress bar, no traceback"
    assert lines[0].endswith("is in " + f"{partial}; face.mp4 is as it was")
    assert output.read_bytes() == b"the film before"
    with av.open(str(partial)) as video:
        assert sum(1 for _ in video.decode(video=0)) >= 50


def test_a_tilde_that_the_shell_left_is_the_home_folder(spoken, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    soundfile.write(tmp_path / "speech.wav", spoken[:8000], 16_000)
    options = ["--self=~/speech.wav", "--portrait", "robot", "--size", "64", "--output=~/face.mp4"]
    assert cli.main(["render", *options]) == 0, capsys.readouterr().err
    assert (tmp_path / "face.mp4").stat().st_size > 1000


def parsed(*options):
    parser = argparse.ArgumentParser()
    add_demo(parser)
    return parser.parse_args(options)


def test_the_demo_gives_the_head_only_the_parameters_that_were_given():
    assert _head_parameters(parsed()) == {}
    options = "--size 640x360 --framing head --mirror --rotation 180 --portrait kofi --background green --model a.yaml"
    given = _head_parameters(parsed(*options.split()))
    settings = dataclasses.replace(HeadSettings(), **given)
    assert (settings.image_width, settings.image_height, settings.mirror, settings.rotation) == (640, 360, True, 180)
    assert (settings.framing, settings.portrait, settings.background) == ("head", "kofi", "green")
    assert settings.model == "a.yaml"


def test_the_options_make_a_view():
    assert picture_options.view_of(parsed("--size", "128")) == View(128, 128)
    assert np.array_equal(picture_options.view_of(parsed("--rotation", "90", "--size", "64x96")).upright, (96, 64))
