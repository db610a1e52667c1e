"""SROS2 with a node of this package: without keys there is no node."""

import sys

import pytest

COMMAND = [sys.executable, "-m", "dystream_ros.nodes.terminal"]


@pytest.mark.parametrize(
    ("keystore", "reason"),
    [
        ("nothing", "SECURITY ERROR"),
        # The wheels of ROS have no security at all and say so; a distribution's build misses the keys.
        ("keystore", "the node cannot start: RCLError"),
    ],
)
def test_with_enforce_a_node_without_keys_does_not_start(graph, tmp_path, keystore, reason):
    (tmp_path / "keystore" / "enclaves").mkdir(parents=True)
    asked = {"ROS_SECURITY_ENABLE": "true", "ROS_SECURITY_STRATEGY": "Enforce"}
    terminal = graph.run(COMMAND, overlay=asked | {"ROS_SECURITY_KEYSTORE": str(tmp_path / keystore)})
    assert terminal.wait() == 2, terminal.log
    assert reason in terminal.log
