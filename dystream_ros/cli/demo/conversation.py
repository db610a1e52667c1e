"""Plays a conversation through the nodes: a process per node, in a ROS domain that no other program uses."""

import importlib.util
import os
import time
from dataclasses import dataclass
from pathlib import Path

from dystream_ros.assets import demo_conversation
from dystream_ros.audio.files import open_audio
from dystream_ros.cli.demo.domain import local_environment
from dystream_ros.cli.demo.load import Load, measured_load
from dystream_ros.cli.demo.processes import Child, children, wait_for

# Seconds for the head to load its model on a slow machine with cold caches, and for the recorder to end.
_LONGEST_START = 90.0
_LONGEST_END = 30.0
# The last sound is heard, and the joints move, this long after its motion.
_ROBOT_END = 0.5  # s
_ENGAGING = 0.5  # s; the joints are at neutral, as the face is


@dataclass(frozen=True)
class Conversation:
    """The conversation to play.

    Attributes:
        parameters: parameters of the audio_file node.
        seconds: length of the longer party.
        description: files and length, for the terminal.
    """

    parameters: dict[str, str]
    seconds: float
    description: str

    @classmethod
    def of(cls, self_file: Path | None, other_file: Path | None) -> "Conversation":
        """The conversation of these files; without files, the shipped one.

        Raises:
            AudioFileError: a file is not audio.
        """
        files = {name: str(path) for name, path in (("self_file", self_file), ("other_file", other_file)) if path}
        parameters = files or {"file": str(demo_conversation())}
        seconds = max(_seconds(path) for path in parameters.values())
        what = " and ".join(parameters.values()) if files else "the shipped conversation"
        return cls(parameters, seconds, f"{what}, {seconds:.0f} s, in real time")


@dataclass(frozen=True)
class Recording:
    """Files that the nodes wrote, and how busy the machine was meanwhile.

    Attributes:
        video: mp4.
        motion: CSV, a row per motion frame.
        status: JSON, the last status of the head.
        joints: CSV of the positions of a simulated mechanical head; missing without one.
        load: from the start to the end of the nodes.
    """

    video: Path
    motion: Path
    status: Path
    joints: Path
    load: Load


def require_ros() -> None:
    """Checks that the nodes can run.

    Raises:
        ModuleNotFoundError: rclpy or the messages are missing; the message says what to do.
    """
    if importlib.util.find_spec("rclpy") is None:
        raise ModuleNotFoundError(
            "there is no ROS environment for the nodes (rclpy cannot be imported): in the checkout run `make demo`, "
            "elsewhere source a ROS workspace; `dystream render` needs no ROS"
        )
    importlib.import_module("dystream_ros.msg")


def play(
    conversation: Conversation, output: Path, head_parameters: dict[str, object], robot: str | None = None
) -> Recording:
    """Runs the nodes from the first to the last sample.

    Args:
        output: folder of the files; made if missing.
        head_parameters: those that differ from the defaults of the head.
        robot: calibration of a simulated mechanical head that performs the motion meanwhile; None: without one.
    Raises:
        RuntimeError: a node failed or did not end in time.
    """
    log = output / "log"
    log.mkdir(parents=True, exist_ok=True)
    video, motion, status = output / "conversation.mp4", output / "conversation.csv", log / "status.json"
    joints = output / "joints.csv"
    for path in (video, motion, status, joints):
        path.unlink(missing_ok=True)  # what a node failed to write must not be taken for its result
    environment = local_environment()

    def node(name: str, *, log_file: bool = True, **parameters: object) -> Child:
        file = log / f"{name}.log" if log_file else None
        return Child(f"dystream_ros.nodes.{name}", _ros_arguments(parameters), environment, file)

    with measured_load() as load, children() as running:
        head = node("head", autostart=False, **head_parameters)
        # Self on the left, other on the right, so that a listener and the film strip can tell them apart.
        recorder = node("recorder", output=video, sound="stereo")
        # Shows the progress.
        terminal = node("terminal", log_file=False, status_file=status)
        # It waits for two subscribers of each party: the recorder, and the head, which subscribes when it is active.
        player = node("audio_file", subscribers=2, **conversation.parameters)
        running += [head, recorder, terminal, player]
        needed = [head, player]
        if robot:
            needed.append(node("simulated_head", calibration=robot, output=joints))
            needed.append(node("actuators", calibration=robot, engage=True, ramp=_ENGAGING))
            running += needed[2:]
        if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
            running.append(node("display", fullscreen=False))
        for transition in ("configure", "activate"):
            arguments = ["--timeout", str(_LONGEST_START), transition]
            control = Child("dystream_ros.nodes.control", arguments, environment, log / "control.log")
            running.append(control)
            wait_for(control, [*needed, recorder], _LONGEST_START + _LONGEST_END)
        wait_for(recorder, needed, conversation.seconds + _LONGEST_END)
        if robot:
            time.sleep(_ROBOT_END)
    return Recording(video, motion, status, joints, load)


def _ros_arguments(parameters: dict[str, object]) -> list[str]:
    arguments = [part for name, value in parameters.items() for part in ("-p", f"{name}:={_yaml_text(value)}")]
    return ["--ros-args", *arguments] if arguments else []


def _yaml_text(value: object) -> str:
    # Quoted, so that a file named 2024 or yes.wav stays a string.
    return "'" + str(value).replace("'", "''") + "'" if isinstance(value, str | Path) else str(value)


def _seconds(path: str) -> float:
    with open_audio(path) as audio:
        if audio.seconds is not None:
            return audio.seconds
        return sum(len(part) for part in audio.parts) / audio.sample_rate
