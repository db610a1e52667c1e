"""The layout for Foxglove names topics, fields and coefficients that exist."""

import json
import re
from pathlib import Path

import pytest

from dystream_ros.bags.definitions import message_types
from dystream_ros.face.arkit import ARKIT_NAMES

LAYOUT = json.loads((Path(__file__).parents[2] / "config" / "foxglove" / "dystream.json").read_text())
TYPES = {
    "/motion": "dystream_ros/msg/FaceMotion",
    "/status": "dystream_ros/msg/StreamStatus",
    "/self/utterance": "dystream_ros/msg/UtteranceEvent",
    "/image/compressed": "sensor_msgs/msg/CompressedImage",
    "/diagnostics": "diagnostic_msgs/msg/DiagnosticArray",
}
PATHS = [path for panel in LAYOUT["configById"].values() for path in panel.get("paths", [])]


def field_of(value):
    """The basic type at the end of a message path such as /motion.values[17]; fails where a field does not exist."""
    topic, *fields = value.split(".")
    store, type_name = message_types(), TYPES[topic]
    for name in fields:
        bare, index = re.fullmatch(r"(\w+?)(?:\[(\d+)\])?", name).groups()
        kinds = dict(store.fielddefs[type_name][1])
        assert bare in kinds, f"{value}: {type_name} has no field {bare}"
        node, detail = kinds[bare]
        assert (node.name in ("ARRAY", "SEQUENCE")) == (index is not None), value
        if index is not None:
            node, detail = detail[0]
        type_name = detail if node.name == "NAME" else detail[0]
    return type_name


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path["value"])
def test_every_curve_is_a_number_of_a_message(path):
    assert field_of(path["value"]) in ("uint8", "uint32", "uint64", "int32", "float32", "float64")


def test_a_field_that_does_not_exist_is_found():
    with pytest.raises(AssertionError, match="has no field loudness"):
        field_of("/status.self_audio.loudness")


def test_the_curves_of_coefficients_are_named_after_them():
    named = {path["label"]: path["value"] for path in PATHS if ".values[" in path["value"]}
    assert len(named) == 10
    for name, value in named.items():
        assert value == f"/motion.values[{ARKIT_NAMES.index(name)}]"


def test_every_panel_is_placed_once_and_the_topics_of_pictures_exist():
    def leaves(node):
        return [node] if isinstance(node, str) else [*leaves(node["first"]), *leaves(node["second"])]

    assert sorted(leaves(LAYOUT["layout"])) == sorted(LAYOUT["configById"])
    assert LAYOUT["configById"]["Image!face"]["imageMode"]["imageTopic"] in TYPES
    assert LAYOUT["configById"]["DiagnosticSummary!health"]["topicToRender"] in TYPES
