"""Commands of the laboratory report wrong arguments before a model loads: the corpus and the first file first."""

import av
import numpy as np
import pytest
import soundfile

from dystream_ros.cli import main

WRONG = [
    ("average a.safetensors b.safetensors -o c.safetensors", "there is no file a.safetensors"),
    ("study --model released.yaml --speech folder -o study.md", "no weights at released.yaml"),
    ("distill-encoder --model none --speech folder --run run", "there is no folder none"),
    ("calibrate --model none.yaml --speech folder", "no weights at none.yaml"),
    ("cascade none", "no corpus in none"),
    ("train none --run run", "no corpus in none"),
    ("evaluate --corpus none", "no corpus in none"),
    ("evaluate lips --sets moon", "no set 'moon'; there are valid"),
    ("evaluate lips --sets real --rows moon", "no row 'moon'; there are oracle"),
    ("evaluate lips --sets real --rows oracle --model nobody", "there is no model 'nobody'"),
    ("ab-kit make kit --systems compact teacher --corpus none", "no corpus in none"),
    ("ab-kit score key.json scores.csv", "there is no file key.json (key of a kit)"),
    ("corpus /proc/none", "/proc/none cannot be written"),
    ("corpus from-video none -o own", "no folder none"),
    ("corpus new --hours -1", "--hours is -1; accepted are 0 and more"),
    ("corpus new --clip-seconds 0", "--clip-seconds is 0; accepted are 5 and more"),
    ("corpus new --speech-hours nan", "--speech-hours is nan; accepted are 0.001 and more"),
    ("corpus from-video broken -o own", "broken/letter.mp4 cannot be read as a video"),
    ("corpus from-video silent -o own", "silent/b.mp4 has no sound; both voices are needed"),
    ("evaluate faces broken", "broken/letter.mp4 cannot be read as a video"),
    ("evaluate faces silent", "silent/b.mp4 has no sound; the voice of the person in the picture is needed"),
    ("evaluate faces silent --seeds 0", "--seeds is 0; accepted are 1 and more"),
    ("evaluate faces none", "no folder none"),
    ("evaluate faces folder", "no videos in folder"),
    ("evaluate faces", "give one folder of videos: dystream evaluate faces FOLDER; got []"),
    ("evaluate sync --recordings none", "there is no folder none (recordings)"),
    ("character new -o /proc/none.face", "/proc/none.face cannot be written"),
    ("evaluate lips chance --sets real", "give --corpus FOLDER, or only the section lips and --sets without valid"),
    ("evaluate lips --sets real --seeds 0", "--seeds is 0; accepted are 1 and more"),
    ("evaluate lips --sets real --rows oracle --motion letter.txt", "letter.txt is a file; give a folder"),
]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder, made the current one, with a sound file, a text and an empty folder."""
    monkeypatch.chdir(tmp_path)
    soundfile.write("speech.wav", np.zeros(1600), 16_000)
    (tmp_path / "letter.txt").write_text("Dear reader")
    for name in ("folder", "broken", "silent"):
        (tmp_path / name).mkdir()
    (tmp_path / "broken" / "letter.mp4").write_text("Dear reader")
    write_video(tmp_path / "silent" / "a.mp4", sound=True)
    write_video(tmp_path / "silent" / "b.mp4", sound=False)
    return tmp_path


def write_video(path, sound: bool) -> None:
    """A black picture, with both voices silent or without sound."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.width = video.height = 32
        audio = container.add_stream("aac", rate=48_000, layout="stereo") if sound else None
        container.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "bgr24")))
        container.mux(video.encode(None))
        if audio is not None:
            frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
            frame.sample_rate = 48_000
            container.mux(audio.encode(frame))
            container.mux(audio.encode(None))


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


def test_a_missing_corpus_comes_before_a_missing_package(here, monkeypatch, capsys):
    import importlib.util

    find = importlib.util.find_spec
    missing = "openfacefx"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == missing else find(name, *rest))
    assert main(["evaluate", "--corpus", str(here / "nowhere")]) == 2
    assert f"no corpus in {here / 'nowhere'}" in capsys.readouterr().err
    assert main(["evaluate", "lips", "--sets", "real"]) == 2
    assert "needs the package openfacefx; in the checkout: pip install '.[evaluate]'" in capsys.readouterr().err


def test_the_first_missing_weights_are_named_first(here, capsys):
    files = [str(here / f"{name}.safetensors") for name in "abc"]
    assert main(["average", *files, "-o", str(here / "mean.safetensors")]) == 2
    text = capsys.readouterr().err
    assert files[0] in text
    assert files[1] not in text
