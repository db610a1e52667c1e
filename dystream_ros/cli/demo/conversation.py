"""Plays a conversation through the nodes, each in a process of its own, in a ROS domain of their own."""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from dystream_ros.assets import demo_conversation
from dystream_ros.audio.files import open_audio
from dystream_ros.cli.demo.domain import free_domain
from dystream_ros.cli.demo.processes import Child, children, wait_for

# Seconds that the head may take to load its model, on a slow machine with cold caches, and the recorder to end.
_LONGEST_START = 90.0
_LONGEST_END = 30.0


@dataclass(frozen=True)
class Conversation:
    """What is played.

    Attributes:
        parameters: of the audio_file node.
        seconds: length of the longer party.
        description: for the person who waits.
    """

    parameters: dict[str, str]
    seconds: float
    description: str

    @classmethod
    def of(cls, self_file: str | None, other_file: str | None) -> "Conversation":
        """The conversation of these files, or the one that ships where there are none.

        Raises:
            ValueError: a file is no audio.
        """
        files = {name: path for name, path in (("self_file", self_file), ("other_file", other_file)) if path}
        parameters = files or {"file": str(demo_conversation())}
        seconds = max(_seconds(path) for path in parameters.values())
        what = " and ".join(parameters.values()) if files else "the conversation that ships"
        return cls(parameters, seconds, f"{what}, {seconds:.0f} s, in real time")


@dataclass(frozen=True)
class Recording:
    """Files that the nodes wrote: the video, the motion (CSV) and the head's last status (JSON)."""

    video: Path
    motion: Path
    status: Path


def require_ros() -> None:
    """
    Raises:
        ModuleNotFoundError: rclpy or the messages are not there; says what to do.
    """
    if importlib.util.find_spec("rclpy") is None:
        raise ModuleNotFoundError(
            "there is no ROS environment for the nodes (rclpy cannot be imported): in the source tree run `make demo`, "
            "elsewhere source a ROS workspace; `dystream render` needs no ROS"
        )
    importlib.import_module("dystream_ros.msg")


def play(conversation: Conversation, output: Path, head_parameters: dict[str, object]) -> Recording:
    """Run the nodes from the first to the last sample.

    Args:
        head_parameters: those that differ from the defaults of the head.
    Raises:
        RuntimeError: a node failed or did not come to its end.
    """
    log = output / "log"
    log.mkdir(parents=True, exist_ok=True)
    recording = Recording(output / "conversation.mp4", output / "conversation.csv", log / "status.json")
    for path in (recording.video, recording.motion, recording.status):
        path.unlink(missing_ok=True)
    environment = os.environ | {"ROS_DOMAIN_ID": str(free_domain()), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}

    def node(name: str, *, log_file: bool = True, **parameters: object) -> Child:
        file = log / f"{name}.log" if log_file else None
        return Child(f"dystream_ros.nodes.{name}", _ros_arguments(parameters), environment, file)

    with children() as running:
        head = node("head", autostart=False, **head_parameters)
        # Self on the left, other on the right: who listens hears who is who, and the pictures can tell them apart.
        recorder = node("recorder", output=recording.video, sound="stereo")
        # For the person who waits.
        terminal = node("terminal", log_file=False, status_file=recording.status)
        # It waits for two who listen to each party, the recorder and the head, and the head listens when it is active.
        player = node("audio_file", subscribers=2, **conversation.parameters)
        running += [head, recorder, terminal, player]
        if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
            running.append(node("display", fullscreen=False))
        for transition in ("configure", "activate"):
            arguments = ["--timeout", str(_LONGEST_START), transition]
            control = Child("dystream_ros.nodes.control", arguments, environment, log / "control.log")
            running.append(control)
            wait_for(control, [head, recorder, player], _LONGEST_START + _LONGEST_END)
        wait_for(recorder, [head, player], conversation.seconds + _LONGEST_END)
    return recording


def _ros_arguments(parameters: dict[str, object]) -> list[str]:
    arguments = [part for name, value in parameters.items() for part in ("-p", f"{name}:={_yaml_text(value)}")]
    return ["--ros-args", *arguments] if arguments else []


def _yaml_text(value: object) -> str:
    # Quoted, so that a file called 2024 or yes.wav stays a text.
    return "'" + str(value).replace("'", "''") + "'" if isinstance(value, str | Path) else str(value)


def _seconds(path: str) -> float:
    with open_audio(path) as audio:
        if audio.seconds is not None:
            return audio.seconds
        return sum(len(part) for part in audio.parts) / audio.sample_rate
