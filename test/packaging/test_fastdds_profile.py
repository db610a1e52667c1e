"""The Fast DDS profile of the process that writes images."""

import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace

import pytest

from dystream_ros.nodes.common import fastdds

NAMESPACE = {"dds": "http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles"}
BOTH = set(fastdds.PROFILE_VARIABLES)
MIB = 2**20


def profile_of(environment):
    fastdds.use_image_profile(environment)
    return {name: Path(environment[name]).name for name in BOTH & set(environment)}


@pytest.mark.parametrize(("free", "profile"), [(64 * MIB, "fastdds_small.xml"), (1024 * MIB, "fastdds.xml")])
def test_profile_fits_the_shared_memory_there_is(monkeypatch, free, profile):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert profile_of({}) == dict.fromkeys(BOTH, profile)


@pytest.mark.parametrize("name", sorted(BOTH))
def test_profile_of_the_user_stays(name):
    assert profile_of({name: "/etc/robot.xml"}) == {name: "robot.xml"}


def test_other_middlewares_are_left_alone():
    assert profile_of({"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"}) == {}
    assert set(profile_of({"RMW_IMPLEMENTATION": "rmw_fastrtps_dynamic_cpp"})) == BOTH


@pytest.mark.parametrize("name", ["fastdds.xml", "fastdds_small.xml"])
def test_a_segment_holds_two_messages_and_a_message_a_large_picture(name):
    transport = ElementTree.parse(fastdds.share_folder() / "config" / name).find(
        ".//dds:transport_descriptor", NAMESPACE
    )
    segment = int(transport.find("dds:segment_size", NAMESPACE).text)
    message = int(transport.find("dds:maxMessageSize", NAMESPACE).text)
    assert transport.find("dds:type", NAMESPACE).text == "SHM"
    assert segment >= 2 * message
    assert message > 512 * 512 * 3
