"""A bag that claims what it does not have costs no more than its size."""

import sqlite3
import struct
import time
from pathlib import Path

import pytest
from recorded_bags import EPOCH_NS, chunk
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.rosbag2.enums import CompressionFormat, CompressionMode
from rosbags.rosbag2.storage_mcap import McapReader

from dystream_ros.bags.audio_records import audio_block
from dystream_ros.bags.bounds import MOST_METADATA
from dystream_ros.bags.definitions import BagError
from dystream_ros.bags.reading import open_bag
from dystream_ros.bags.writing import BagWriter

ROOT = Path(__file__).parents[2]
AUDIO = "dystream_ros/msg/AudioChunk"
NESTED = (
    "=" * 80 + "\nIDL: a/msg/B\nmodule a { module msg { const long X = ((((((1)))))); struct B { long c; }; }; };\n"
)


@pytest.fixture
def serialized(tmp_path, spoken):
    """An AudioChunk in CDR."""
    with BagWriter(tmp_path / "other") as writer:
        return chunk(writer, (spoken[:160] * 32767).astype("int16"), 0, EPOCH_NS)


def mcap(path, serialized, definitions=(), messages=1, compressed=False):
    """A bag of one chunk with audio and, beside it, topics of these (type, definition)."""
    with BagWriter(path.with_name("types")) as types:
        store = types._types
    writer = Writer(path, version=9, storage_plugin=StoragePlugin.MCAP)
    if compressed:
        writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    with writer:
        for number, (kind, text) in enumerate(definitions):
            connection = writer.add_connection(f"/more_{number}", kind, msgdef=text, rihs01="RIHS01_" + "0" * 64)
            writer.write(connection, EPOCH_NS, serialized)
        connection = writer.add_connection("/self/audio", AUDIO, typestore=store)
        for number in range(messages):
            writer.write(connection, EPOCH_NS + number, serialized)
    [file] = path.glob("*.mcap")
    return file


def read(path, topic="/self/audio"):
    with open_bag(path) as bag:
        return list(bag.records([topic]))


def test_a_definition_that_its_parser_does_not_finish_is_not_parsed(tmp_path, serialized):
    file = mcap(tmp_path / "visit", serialized, [("a/msg/B", NESTED)])
    begin = time.process_time()
    assert len(read(file)) == 1
    assert [each.message for each in read(file, "/more_0")] == [None]
    assert time.process_time() - begin < 5.0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("uint8[4000000000] data\n", "claims more than"),
        ("std_msgs/Header[4000] a\n" + "=" * 80 + "\nMSG: std_msgs/Header\nuint8[4000] b\n", "claims more than"),
        ("std_msgs/Empty[] nothing\n" + "=" * 80 + "\nMSG: std_msgs/Empty\n", "has no fields"),
        ("dystream_ros/AudioChunk inner\n", "holds itself"),
    ],
)
def test_a_definition_that_claims_too_much_is_refused(tmp_path, serialized, text, reason):
    file = mcap(tmp_path / "visit", serialized, [(AUDIO, text)])
    with pytest.raises(BagError, match=reason):
        read(file, "/more_0")


CHUNK = (ROOT / "msg" / "AudioChunk.msg").read_text() + "\n" + "=" * 80 + "\nMSG: std_msgs/Header\nstring frame_id\n"


@pytest.mark.parametrize(("given", "field"), [("sample_rate", "rate"), ("int16[] data", "string[] data")])
def test_a_definition_of_other_fields_is_a_sentence(tmp_path, serialized, given, field):
    """Found by fuzzing."""
    file = mcap(tmp_path / "visit", serialized, [(AUDIO, CHUNK.replace(given, field))])
    with open_bag(file) as bag, pytest.raises(BagError, match=r"has other fields than that of this version|damaged"):
        [audio_block(record) for record in bag.records(["/more_0"])]


def sqlite(path, serialized, *statements):
    with BagWriter(path, "sqlite3") as writer:
        writer.add_topic("/self/audio", AUDIO)
        writer.write("/self/audio", EPOCH_NS, serialized)
    [file] = path.glob("*.db3")
    with sqlite3.connect(file) as database:
        for statement in statements:
            database.execute(statement)
    return file


ENDLESS = """CREATE VIEW schema AS WITH RECURSIVE n(schema_version) AS (
    SELECT 1 UNION ALL SELECT schema_version + 1 FROM n
) SELECT max(schema_version) AS schema_version FROM n"""
TWICE = """CREATE TABLE topics(
    id INTEGER, name TEXT, type TEXT, serialization_format TEXT, offered_qos_profiles TEXT, type_description_hash TEXT
)"""


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (["DROP TABLE schema", ENDLESS], "no plain table"),
        (["ALTER TABLE messages ADD COLUMN large BLOB GENERATED ALWAYS AS (zeroblob(900000000))"], "no plain table"),
        (
            ["ALTER TABLE topics RENAME TO former", TWICE, *["INSERT INTO topics SELECT * FROM former"] * 2],
            "the same number",
        ),
    ],
)
def test_a_database_that_is_more_than_tables_is_refused(tmp_path, serialized, statements, reason):
    with pytest.raises(BagError, match=reason):
        read(sqlite(tmp_path / "visit", serialized, *statements))


def test_a_page_of_a_database_that_leads_to_itself_ends(tmp_path, serialized):
    """An interior page all of whose children are the page itself: SQLite follows it to a depth of 20."""
    fill = "INSERT INTO messages(topic_id, timestamp, data) SELECT topic_id, timestamp, data FROM messages"
    file = sqlite(tmp_path / "visit", serialized, *[fill] * 12)
    with sqlite3.connect(file) as database:
        [page_size] = database.execute("PRAGMA page_size").fetchone()
        [root] = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'messages'").fetchone()
    data = bytearray(file.read_bytes())
    page = (root - 1) * page_size
    assert data[page] == 5  # an interior page of a table
    for number in range(struct.unpack_from(">H", data, page + 3)[0]):
        [cell] = struct.unpack_from(">H", data, page + 12 + 2 * number)
        struct.pack_into(">I", data, page + cell, root)
    file.write_bytes(data)
    begin = time.process_time()
    with pytest.raises(BagError, match="damaged or incomplete"):
        read(file)
    assert time.process_time() - begin < 10.0


def chunk_sizes(file, size):
    """The file with another decompressed size stated in its chunk and in its index."""
    data = file.read_bytes()
    reader = McapReader(file)
    reader.open()
    [found] = reader.chunks
    stated = struct.pack("<Q", found.uncompressed_size)
    reader.close()
    assert data.count(stated) >= 2
    file.write_bytes(data.replace(stated, struct.pack("<Q", size)))
    return file


@pytest.mark.parametrize(
    ("size", "reason"), [(100, "damaged or incomplete"), (300 << 20, "a chunk claims"), (2**40, "at the same time")]
)
def test_a_chunk_is_not_decompressed_beyond_the_size_it_states(tmp_path, serialized, size, reason):
    file = mcap(tmp_path / "visit", serialized, messages=300, compressed=True)
    assert len(read(file)) == 300
    with pytest.raises(BagError, match=reason):
        read(chunk_sizes(file, size))


def test_an_index_that_lists_a_chunk_many_times_is_refused(tmp_path, serialized):
    file = mcap(tmp_path / "visit", serialized, messages=300)
    reader = McapReader(file)
    reader.open()
    [found] = reader.chunks
    reader.close()
    data = file.read_bytes()
    place = data.rindex(b"\x08", 0, len(data))
    while struct.unpack_from("<Q", data, place + 25)[0] != found.chunk_start_offset:
        place = data.rindex(b"\x08", 0, place)
    [length] = struct.unpack_from("<Q", data, place + 1)
    entry = data[place : place + 9 + length]
    file.write_bytes(data[:place] + entry * 200 + data[place + len(entry) :])
    with pytest.raises(BagError, match="lists more than the file has"):
        read(file)


def test_a_bag_whose_description_is_too_long_is_refused(tmp_path, serialized):
    path = tmp_path / "visit"
    mcap(path, serialized)
    with (path / "metadata.yaml").open("a") as file:
        file.write("#" + "x" * MOST_METADATA)
    with pytest.raises(BagError, match=r"metadata\.yaml has 8 MB"):
        read(path)
