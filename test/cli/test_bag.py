"""`dystream bag`: a film of the face in a bag, without ROS."""

import av
import numpy as np
import pytest
from recorded_bags import EPOCH_NS, RATE, chunk, motion, write_conversation

from dystream_ros.bags.motion_records import FRAME_NS
from dystream_ros.bags.writing import BagWriter
from dystream_ros.cli import main

FRAMES = 25
TONES = {"self": 400, "other": 1000}  # Hz


def voices():
    time = np.arange(RATE) / RATE
    return {party: (0.3 * 32767 * np.sin(2 * np.pi * hertz * time)).astype(np.int16) for party, hertz in TONES.items()}


@pytest.fixture
def talk(tmp_path):
    """A bag with the audio of both parties, one second."""
    with BagWriter(tmp_path / "talk") as writer:
        write_conversation(writer, voices())
    return tmp_path / "talk"


@pytest.fixture
def visit(tmp_path):
    """The same with the motion of a head, in which the mouth opens in the second half."""
    with BagWriter(tmp_path / "visit") as writer:
        write_conversation(writer, voices())
        writer.add_topic("/motion", "dystream_ros/msg/FaceMotion")
        for frame in range(FRAMES):
            stamp_ns = EPOCH_NS + frame * FRAME_NS
            amount = 0.8 * (frame >= FRAMES // 2)
            writer.write("/motion", stamp_ns + 120_000_000, motion(writer, frame, stamp_ns, amount))
    return tmp_path / "visit"


def film(path):
    """Grey pictures and sound (2, n) of a film."""
    with av.open(str(path)) as video:
        pictures = [frame.to_ndarray(format="gray").astype(float) for frame in video.decode(video=0)]
    with av.open(str(path)) as video:
        sound = np.concatenate([frame.to_ndarray() for frame in video.decode(audio=0)], axis=1)
    return pictures, sound


def pitch(sound):
    """The strongest frequency, Hz, of sound at 48 kHz."""
    return np.abs(np.fft.rfft(sound)).argmax() * 48_000 / len(sound)


def test_without_an_output_the_topics_are_listed(visit, capsys):
    assert main(["bag", str(visit)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{visit}: 1.")
    assert [line.split() for line in said.splitlines()[1:]] == [
        ["/motion", "dystream_ros/msg/FaceMotion"],
        ["/other/audio", "dystream_ros/msg/AudioChunk"],
        ["/self/audio", "dystream_ros/msg/AudioChunk"],
    ]


def test_a_film_shows_the_motion_of_the_bag_with_self_on_the_left(visit, tmp_path, capsys):
    output = tmp_path / "film.mp4"
    assert main(["bag", str(visit), "-o", str(output), "--size", "96"]) == 0
    assert f"{FRAMES} frames, 1.0 s, from /motion" in capsys.readouterr().out
    pictures, sound = film(output)
    assert len(pictures) == FRAMES
    first, last = pictures[3], pictures[-3]
    assert np.abs(first - pictures[5]).mean() < 1 < np.abs(first - last).mean(), "it moves when the motion does"
    middle = sound[:, 12_000:36_000]
    assert [pitch(side) for side in middle] == pytest.approx([TONES["self"], TONES["other"]], abs=4)


def test_a_bag_of_audio_gets_the_motion_that_the_model_makes(talk, tmp_path, capsys):
    assert main(["bag", str(talk), "-o", str(tmp_path / "one.mp4"), "--size", "64", "--seed", "3"]) == 0
    assert "made by compact" in capsys.readouterr().out
    pictures, sound = film(tmp_path / "one.mp4")
    assert 20 <= len(pictures) <= 26
    assert [pitch(side) for side in sound[:, 12_000:36_000]] == pytest.approx(list(TONES.values()), abs=4)


@pytest.mark.parametrize(
    ("topic", "says"), [("/self/audio", "no audio of a whole frame"), ("/elsewhere", "holds no audio: name its topics")]
)
def test_a_bag_without_a_face_leaves_no_file(tmp_path, capsys, topic, says):
    with BagWriter(tmp_path / "short") as writer:
        writer.add_topic(topic, "dystream_ros/msg/AudioChunk")
        writer.write(topic, EPOCH_NS, chunk(writer, np.zeros(0, np.int16), 0, EPOCH_NS, end=True))
    assert main(["bag", str(tmp_path / "short"), "-o", str(tmp_path / "film.mp4"), "--size", "64"]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "film.mp4").exists()


def test_a_bag_that_cannot_be_drawn_leaves_the_film_before_as_it_is(visit, tmp_path, capsys):
    with BagWriter(tmp_path / "silent") as writer:
        topic = "/self/audio"
        writer.add_topic(topic, "dystream_ros/msg/AudioChunk")
        writer.write(topic, EPOCH_NS, chunk(writer, np.zeros(0, np.int16), 0, EPOCH_NS, end=True))
    output = tmp_path / "film.mp4"
    for bag, options in (("silent", []), ("visit", ["--other", "/motion"])):
        output.write_bytes(b"the film before")
        assert main(["bag", str(tmp_path / bag), "-o", str(output), "--size", "64", *options]) == 2
        assert output.read_bytes() == b"the film before", capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["-o", "film.avi"], "accepted are names that end in .mp4 or .webm"),
        (["-o", "film.mp4", "--background", "transparent"], "cannot be transparent: write a .webm"),
        (["-o", "film.mp4", "--quality", "99"], "accepted are 0 (best) to 51"),
        (["-o", "film.mp4", "--size", "64x"], "accepted are N or WIDTHxHEIGHT"),
        (["-o", "film.mp4", "--self", "/left/voice"], "the bag has no topic /left/voice; it has /motion"),
        (["-o", "film.mp4", "--other", "/left/voice"], "the bag has no topic /left/voice; it has /motion"),
        (["-o", "film.mp4", "--motion", "/left/motion"], "the bag has no topic /left/motion; it has /motion"),
    ],
)
def test_wrong_options_are_a_sentence_and_leave_no_file(visit, tmp_path, capsys, monkeypatch, options, says):
    monkeypatch.chdir(tmp_path)
    assert main(["bag", str(visit), *options]) == 2
    assert says in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"visit"}
