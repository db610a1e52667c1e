"""Handlers of messages: each uses a senseless message, or refuses it with its own error."""

import array
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.fuzz.audio_messages import AUDIO_MESSAGES
from benchmarks.fuzz.choices import Choices
from benchmarks.fuzz.message_fields import span, stamp
from benchmarks.fuzz.target import Broken, Target


def _directions() -> Callable[[Choices], None]:
    from dystream_ros.msg import FaceExpression, FaceGesture
    from geometry_msgs.msg import PointStamped

    from dystream_ros.face.motion import ARKIT_LAYOUT, MotionFrame
    from dystream_ros.face.stages.directed import DirectedFace
    from dystream_ros.nodes.head.requests import FaceRequests
    from dystream_ros.nodes.parameters import HeadSettings

    node = _node()
    reports = _QuietReports()
    face = DirectedFace(ARKIT_LAYOUT)
    requests = FaceRequests(node, lambda: face, HeadSettings, reports)
    clock = [0.0]

    def take(choices: Choices) -> None:
        if choices.chance(2):
            face.reset()
        for _ in range(1 + choices.below(6)):
            kind = choices.below(4)
            if kind == 0:
                point = PointStamped()
                point.header.frame_id, point.header.stamp = choices.text(), stamp(choices)
                if choices.chance(2):
                    point.header.frame_id = "face"
                point.point.x, point.point.y, point.point.z = choices.real(), choices.real(), choices.real()
                requests._request("look_at", requests._on_look_at, point)
            elif kind == 1:
                expression = FaceExpression(name=choices.text(), duration=span(choices))
                expression.valence, expression.arousal = choices.single(), choices.single()
                expression.intensity = choices.single()
                requests._request("expression", requests._on_expression, expression)
            elif kind == 2:
                gesture = FaceGesture(name=choices.text(), intensity=choices.single(), duration=span(choices))
                gesture.interrupt = choices.chance(2)
                requests._request("gesture", requests._on_gesture, gesture)
            else:
                face.set_rest(choices.one_of(("mute", "idle", "sleep")), choices.chance(2))
            clock[0] += choices.one_of((0.04, 0.04, 1.0))
            motion = MotionFrame(0, np.full(52, 0.2, np.float32), np.zeros(6, np.float32))
            shown = face.apply(motion, clock[0])
            for values in (shown.values, shown.head_pose, face.fed_back(shown).values):
                if not np.isfinite(values).all():
                    raise Broken(f"a motion with {values}")
            if shown.values.min() < 0.0 or shown.values.max() > 1.0:
                raise Broken(f"coefficients from {shown.values.min()} to {shown.values.max()}")

    return take


def _motion() -> Callable[[Choices], None]:
    from dystream_ros.msg import FaceMotion
    from dystream_ros.msg import MotionLayout as MotionLayoutMessage

    from dystream_ros.actuators.calibration_file import read_calibration
    from dystream_ros.actuators.joint_commands import JointCommands, Timing
    from dystream_ros.face.motion import ARKIT_LAYOUT
    from dystream_ros.nodes.actuators.hri import HriOutputs
    from dystream_ros.nodes.actuators.motion_input import MotionInput
    from dystream_ros.nodes.common.motion_messages import motion_layout
    from dystream_ros.nodes.common.share import share_folder
    from dystream_ros.nodes.recorder.motion_table import MotionTable

    calibration = read_calibration(share_folder() / "config" / "actuators" / "research.yaml")
    low = np.array([joint.minimum for joint in calibration.joints])
    high = np.array([joint.maximum for joint in calibration.joints])
    outputs = HriOutputs(_node())
    table = MotionTable(Path("/dev/null"))

    def take(choices: Choices) -> None:
        commands = JointCommands(calibration, Timing(), 0.0)
        commands.engage()
        given = MotionInput(_QuietReports(), outputs)
        given.begin(commands)
        now = 0.0
        for _ in range(1 + choices.below(6)):
            names = list(ARKIT_LAYOUT.names)
            if choices.chance(3):
                names = choices.one_of(([], names[:5], names + names, ["", "x"] * 3, names[::-1]))
            if choices.chance(4):
                layout = MotionLayoutMessage(layout_id=choices.integer(0, 2**64 - 1), names=names)
                layout.neutral = array.array("f", [choices.single() for _ in range(choices.below(60))])
                given.layout(layout)
                with contextlib.suppress(ValueError):
                    motion_layout(layout)
            message = FaceMotion(
                names=names, generation=choices.integer(0, 2**32 - 1), frame=choices.integer(0, 2**64 - 1)
            )
            count = len(names) if not choices.chance(4) else choices.below(80)
            value = choices.single()
            message.values = array.array("f", [value] * count)
            if count:
                message.values[choices.below(count)] = choices.single()
            pose = message.head_pose
            pose.position.x, pose.position.y = choices.real(), choices.real()
            turn = pose.orientation
            turn.x, turn.y, turn.z, turn.w = choices.real(), choices.real(), choices.real(), choices.real()
            message.header.stamp, message.latency, message.processing = stamp(choices), span(choices), span(choices)
            message.speaking = choices.below(256)
            given.motion(message, now)
            table.add(message)
            passed = choices.one_of((0.02, 0.02, 0.5))
            now += passed
            position = commands.step(now, passed).position
            if not np.isfinite(position).all() or (position < low - 1e-6).any() or (position > high + 1e-6).any():
                raise Broken(f"joints at {position}")

    return take


def _image() -> Callable[[Choices], None]:
    import cv2
    from sensor_msgs.msg import CompressedImage, Image

    from dystream_ros.nodes.common.image_messages import TRANSPORTS, ImageRejected

    picture = np.arange(3 * 24 * 20, dtype=np.uint8).reshape(24, 20, 3)
    seeds = [
        (kind, cv2.imencode(f".{kind}", content)[1].tobytes())
        for kind, content in (("jpeg", picture), ("png", picture), ("png", np.dstack([picture, picture[..., 0]])))
    ]

    def take(choices: Choices) -> None:
        if choices.chance(2):
            encoding = choices.one_of(("bgr8", "rgb8", "bgra8", "rgba8", "mono8", "mono16", "", "8UC3", "bayer_rggb8"))
            message = Image(encoding=encoding, is_bigendian=choices.below(2))
            small = choices.chance(2)
            message.height = choices.below(40) if small else choices.integer(0, 2**32 - 1)
            message.width = choices.below(40) if small else choices.integer(0, 2**32 - 1)
            message.step = choices.one_of((3 * message.width, message.width, 4 * message.width, 7, 0)) % 2**32
            message.data = array.array("B", bytes(min(20_000, message.step * message.height) + choices.below(3)))
            transport = TRANSPORTS["raw"]
        else:
            kind, data = choices.one_of(seeds)
            message = CompressedImage(format=choices.one_of((kind, "jpeg", "png", choices.text())))
            message.data = array.array("B", choices.changed_bytes(data))
            transport = TRANSPORTS["compressed"]
        try:
            found = transport.picture(message, choices.one_of((0, 0x808080)))
        except ImageRejected:
            return
        if found.dtype != np.uint8 or found.ndim != 3 or found.shape[2] != 3 or 0 in found.shape:
            raise Broken(f"a picture of {found.dtype} {found.shape}")

    return take


def _parameters() -> Callable[[Choices], None]:
    from dystream_ros.models.errors import ModelError
    from dystream_ros.models.registry import find_model
    from dystream_ros.nodes.head.appearance import appearance_refused
    from dystream_ros.nodes.head.frames import static_transforms
    from dystream_ros.nodes.parameters import PARAMETERS

    every = [parameter for table in PARAMETERS.values() for parameter in table]

    def take(choices: Choices) -> None:
        parameter = choices.one_of(every)
        value = choices.one_of((choices.value(), array.array("d", [1.0]), b"x", ("a",)))
        try:
            if parameter.check(value) != value:
                raise Broken(f"{parameter.name} was changed from {value!r}")
        except ValueError:
            pass
        text = choices.text()
        for name in ("portrait", "background", "mirror"):
            if not isinstance(appearance_refused(name, text), str):
                raise Broken(f"{name} {text!r}")
        with contextlib.suppress(ValueError):
            static_transforms(choices.one_of(("camera 0 0 1 0 0 0; ", "")) + text)
        with contextlib.suppress(ModelError):
            find_model(text)

    return take


def _parameter_file() -> Callable[[Choices], None]:
    import rclpy
    import yaml

    from benchmarks.fuzz.files import _yaml, written
    from dystream_ros.nodes.common.share import share_folder

    seed = yaml.safe_load((share_folder() / "config" / "head.yaml").read_text())

    def take(choices: Choices) -> None:
        path = written("fuzz_parameters.yaml", _yaml(seed, choices))
        context = rclpy.Context()
        try:
            rclpy.init(args=["--ros-args", "--params-file", str(path)], context=context)
        except RuntimeError:
            return
        rclpy.shutdown(context=context)

    return take


class _QuietReports:
    """Counts nothing and logs nothing."""

    def warning(self, counter: str, text: str, amount: int = 1, about: str = "") -> None:
        """Nothing."""

    error = warning

    def count(self, counter: str, amount: int = 1) -> None:
        """Nothing."""


_NODES: list = []


def _node():
    """A node of this process; nothing spins it."""
    import rclpy
    from rclpy.logging import LoggingSeverity

    if not _NODES:
        rclpy.init(args=["--ros-args", "--log-level", "fatal"])
        _NODES.append(rclpy.create_node("fuzz"))
        _NODES[0].get_logger().set_level(LoggingSeverity.FATAL)
        logging.disable(logging.CRITICAL)
    return _NODES[0]


MESSAGES = (
    *AUDIO_MESSAGES,
    Target("directions", "look_at, FaceExpression, FaceGesture", _directions),
    Target("motion", "FaceMotion and MotionLayout to joints and recorder", _motion),
    Target("image", "Image and CompressedImage to display and recorder", _image),
    Target("parameters", "values of parameters", _parameters),
    Target("parameter_file", "parameter files, by the parser of ROS", _parameter_file),
)
