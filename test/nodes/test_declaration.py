"""Parameters of a table on a node: declared, checked, and logged when a new value waits."""

from dataclasses import dataclass

import pytest

pytest.importorskip("rclpy", reason="ROS is not on the Python path: run `make test`, or source scripts/env.sh")

from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter

from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.parameters.parameter import CONFIGURE, LIVE, RESET, START, parameter


@dataclass(frozen=True)
class Settings:
    mode: str = parameter("paced", "Mode.", choices=("paced", "driven"), applies=CONFIGURE)
    seed: int = parameter(0, "Seed.", applies=RESET)
    gain: float = parameter(1.0, "Gain.", minimum=0.0, maximum=2.0, applies=LIVE)
    device: str = parameter("", "Device.", applies=START)


class Log:
    """The lines of a logger."""

    def __init__(self):
        self.lines = []

    def info(self, text):
        self.lines.append(text)

    warning = error = info


class LoggedNode(Node):
    """A node with the parameters of `Settings`; `log` has the lines since the last look."""

    def __init__(self, context, *arguments):
        self._log = Log()
        super().__init__(
            "node",
            context=context,
            cli_args=["--ros-args", *arguments],
            automatically_declare_parameters_from_overrides=True,
        )
        declare(self, Settings, Reports(self._log))

    def get_logger(self):
        return self._log

    def log(self):
        lines, self._log.lines = self._log.lines, []
        return lines

    def set(self, **values):
        return self.set_parameters_atomically([Parameter(name, value=value) for name, value in values.items()])


@pytest.fixture
def node():
    """node("-p", "seed:=3") is a node with these ROS arguments."""
    context, made = Context(), []
    context.init()

    def make(*arguments):
        made.append(LoggedNode(context, *arguments))
        return made[-1]

    yield make
    for each in made:
        each.destroy_node()
    context.shutdown()


def test_a_value_that_waits_for_configure_is_logged(node):
    node = node()
    assert node.set(mode="driven").successful
    assert node.log() == ["mode is now 'driven', which takes effect at the next configure"]


def test_each_parameter_that_waits_is_logged_and_one_that_applies_at_once_is_not(node):
    node = node()
    assert node.set(seed=7, gain=0.5, mode="driven").successful
    assert node.log() == [
        "seed is now 7, which takes effect at the next reset",
        "mode is now 'driven', which takes effect at the next configure",
    ]


def test_the_present_value_set_again_is_not_logged(node):
    node = node("-p", "mode:=driven")
    assert node.set(mode="driven").successful
    assert node.log() == []


def test_a_refused_value_is_not_logged_as_waiting_and_the_present_one_stays(node):
    node = node()
    answer = node.set(mode="fast")
    assert not answer.successful
    assert answer.reason == "parameter 'mode': got 'fast'; accepted is one of 'paced', 'driven'"
    assert node.log() == [answer.reason]
    assert read(node, Settings).mode == "paced"


def test_a_parameter_that_takes_effect_at_the_start_is_read_only(node):
    node = node("-p", "device:=usb")
    assert not node.set(device="other").successful
    assert read(node, Settings).device == "usb"


def test_the_descriptor_says_when_a_value_takes_effect(node):
    node = node()
    assert node.describe_parameter("mode").additional_constraints == (
        "one of 'paced', 'driven'; takes effect at the next configure"
    )
    assert node.describe_parameter("gain").additional_constraints == "double, 0.0 to 2.0; takes effect at once"


def test_values_that_are_not_accepted_are_reported_and_the_defaults_used(node):
    node = node("-p", "mode:=fast", "-p", "gian:=0.5", "-p", "seed:=3")
    assert read(node, Settings) == Settings(seed=3)
    assert node.log() == [
        "there is no parameter 'gian', its value is not used; did you mean 'gain'?",
        "parameter 'mode': got 'fast'; accepted is one of 'paced', 'driven'; the default 'paced' is used",
    ]
