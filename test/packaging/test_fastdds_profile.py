"""The Fast DDS profile of the process that writes images."""

import fcntl
import os
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


@pytest.mark.parametrize(
    ("free", "profile"),
    [(0, "fastdds_udp.xml"), (64 * MIB, "fastdds_small.xml"), (1024 * MIB, "fastdds.xml")],
)
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


def test_where_shared_memory_is_full_every_node_does_without_it_and_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=MIB))
    environment = {}
    assert "is full, so messages go through sockets" in fastdds.avoid_full_shared_memory(environment, tmp_path)
    assert {Path(environment[name]).name for name in BOTH} == {"fastdds_udp.xml"}
    assert fastdds.avoid_full_shared_memory({next(iter(BOTH)): "/etc/robot.xml"}, tmp_path) == ""
    assert fastdds.avoid_full_shared_memory({}, tmp_path / "missing") == ""


def test_where_rclpy_would_end_with_a_bus_error_there_is_a_sentence(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(SystemExit):
        fastdds.end_before_a_bus_error(tmp_path)
    assert "is full, and ROS cannot start without a page of it" in capsys.readouterr().err
    for name in ("lttng-ust-wait-6", "lttng-ust-wait-6-0"):
        (tmp_path / name).touch()
    fastdds.end_before_a_bus_error(tmp_path)


def test_segments_of_killed_processes_are_removed_and_those_of_living_ones_stay(tmp_path):
    for name in ("dead", "living", "young", "port7411"):
        for suffix in ("", "_el"):
            path = tmp_path / f"fastrtps_{name}{suffix}"
            path.touch()
            if name != "young":
                os.utime(path, (0, 0))
    with (tmp_path / "fastrtps_living_el").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert fastdds.remove_leftovers(tmp_path) == 1
    assert {path.name.split("_")[1] for path in tmp_path.iterdir()} == {"living", "young", "port7411"}
