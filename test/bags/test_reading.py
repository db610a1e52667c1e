"""Bags are read with the definitions that they hold; what cannot be read gets a sentence."""

import os

import numpy as np
import pytest
from recorded_bags import EPOCH_NS, RATE, header, motion
from rosbags.highlevel import AnyReader

from dystream_ros.audio.block import AudioBlock
from dystream_ros.bags.audio_records import audio_block
from dystream_ros.bags.conversation import frames_of_bag
from dystream_ros.bags.definitions import BagError
from dystream_ros.bags.motion_records import FRAME_NS, at_frame_rate
from dystream_ros.bags.reading import open_bag
from dystream_ros.bags.writing import BagWriter
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.conversation import Conversation
from dystream_ros.engine.session import Session
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime

TOPICS = {"self": "/self/audio", "other": "/other/audio"}


def test_an_independent_reader_reads_what_was_written(conversation, voices):
    with AnyReader([conversation]) as reader:
        chunks = [
            reader.deserialize(data, connection.msgtype)
            for connection, _, data in reader.messages()
            if connection.topic == "/self/audio"
        ]
    np.testing.assert_array_equal(np.concatenate([each.data for each in chunks]), voices["self"])
    assert [each.end_of_stream for each in chunks] == [False] * (len(chunks) - 1) + [True]


def test_a_type_of_another_package_is_written_with_its_installed_definition(tmp_path, monkeypatch):
    folder = tmp_path / "share" / "sounds" / "msg"
    folder.mkdir(parents=True)
    (folder / "Piece.msg").write_text("std_msgs/Header header\nsounds/Data[] parts\n")
    (folder / "Data.msg").write_text("uint8[] data\n")
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/nowhere{os.pathsep}{tmp_path}")
    with BagWriter(tmp_path / "bag") as writer:
        writer.add_topic("/sound", "sounds/msg/Piece")
        data = writer.new("sounds/msg/Data", {"data": np.arange(3, dtype=np.uint8)})
        piece = writer.new("sounds/msg/Piece", {"header": header(writer, EPOCH_NS), "parts": [data]})
        writer.write("/sound", EPOCH_NS, writer.serialize("sounds/msg/Piece", piece))
        with pytest.raises(BagError, match="no definition of sounds/msg/Other here; install sounds"):
            writer.add_topic("/other", "sounds/msg/Other")
        (folder / "Other.msg").write_text("uint8[ data")
        with pytest.raises(BagError, match=r"Other\.msg of sounds/msg/Other cannot be read"):
            writer.add_topic("/other", "sounds/msg/Other")
    with AnyReader([tmp_path / "bag"]) as reader:
        [(connection, _, serialized)] = reader.messages()
        assert list(reader.deserialize(serialized, connection.msgtype).parts[0].data) == [0, 1, 2]


def test_a_single_file_of_a_bag_is_a_bag(conversation):
    [file] = [path for path in conversation.iterdir() if path.suffix in (".mcap", ".db3")]
    with open_bag(conversation) as whole, open_bag(file) as single:
        assert whole.topics == single.topics == dict.fromkeys(TOPICS.values(), "dystream_ros/msg/AudioChunk")
        first, second = (next(bag.records(["/self/audio"])) for bag in (whole, single))
        np.testing.assert_array_equal(audio_block(first).data, audio_block(second).data)
        assert first.serialized == second.serialized


@pytest.fixture(scope="module")
def network():
    return load_model("compact", Runtime()).network


def test_a_bag_gives_the_frames_of_its_audio_bit_for_bit_and_twice(conversation, voices, network):
    direct = []
    driven = Conversation(Session(network, 3), ConversationConfig(time_mode="driven"))
    for first in range(0, 2 * RATE, 800):
        for party, samples in voices.items():
            stamp_ns = EPOCH_NS + round(first / RATE * 1e9)
            last = first + 800 >= len(samples)
            driven.push(party, AudioBlock(3, first, RATE, 1, stamp_ns, samples[first : first + 800], last), 0)
        while (frame := driven.step(0)) is not None:
            direct.append(frame)
    for _ in range(2):
        with open_bag(conversation) as bag:
            frames = list(frames_of_bag(bag, TOPICS, Session(network, 3)))
        assert len(frames) == len(direct) >= 50
        for one, other in zip(frames, direct, strict=True):
            assert one.stamp_ns == other.stamp_ns
            np.testing.assert_array_equal(one.motion.values, other.motion.values)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path, "there is no bag"),
        (lambda path: path.mkdir(), "neither metadata.yaml nor a file .mcap or .db3"),
        (lambda path: path.with_suffix(".mcap").write_bytes(b"\x89MCAP0\r\n" + b"x" * 99), "damaged or incomplete"),
        (lambda path: os.mkfifo(path.with_suffix(".mcap")), "no regular file"),
        (lambda path: path.with_suffix(".txt").write_text("x"), "accepted are folders of rosbag2, and files"),
    ],
)
def test_what_is_no_bag_gets_a_sentence(tmp_path, make, sentence):
    path = tmp_path / "bag"
    make(path)
    [made] = list(tmp_path.iterdir()) or [path]
    with pytest.raises(BagError, match=sentence), open_bag(made):
        pass


def test_a_bag_that_was_cut_off_gets_a_sentence(conversation):
    [file] = [path for path in conversation.iterdir() if path.suffix in (".mcap", ".db3")]
    file.write_bytes(file.read_bytes()[:20_000])
    with pytest.raises(BagError, match="damaged or incomplete"), open_bag(conversation) as bag:
        list(bag.records(["/self/audio"]))


def test_an_existing_folder_is_not_overwritten(conversation):
    with pytest.raises(BagError, match="exists; give another name"):
        BagWriter(conversation)


def shown(tmp_path, stamps_ns, names=None):
    path = tmp_path / "motions"
    with BagWriter(path) as writer:
        writer.add_topic("/motion", "dystream_ros/msg/FaceMotion")
        for frame, stamp_ns in enumerate(stamps_ns):
            more = {} if names is None else {"names": names}
            writer.write("/motion", EPOCH_NS + frame, motion(writer, frame, stamp_ns, frame / 100, **more))
    with open_bag(path) as bag:
        return list(at_frame_rate(bag.records(["/motion"])))


def test_a_gap_repeats_the_motion_before_it_and_a_jump_begins_a_new_time_line(tmp_path):
    hour = 3600 * 10**9
    stamps = [0, 1, 2, 5, 6]  # frames 3 and 4 are missing
    stamps_ns = [EPOCH_NS + k * FRAME_NS for k in stamps] + [EPOCH_NS + hour, EPOCH_NS + hour + FRAME_NS, EPOCH_NS]
    found = shown(tmp_path, stamps_ns)
    assert [each.motion.frame for each in found] == [0, 1, 2, 2, 2, 3, 4, 5, 6, 7]
    assert [number for number, each in enumerate(found) if each.cut] == [0, 7, 9]


def test_a_motion_without_names_gets_a_sentence(tmp_path):
    with pytest.raises(BagError, match="without the 52 coefficients of ARKit"):
        shown(tmp_path, [EPOCH_NS], names=["a", "b"])
