"""What neither ROS nor a file format of this package brings: messages of a page, texts to say, motion files, URDF."""

import io
import json
import struct
from collections.abc import Callable

import numpy as np

from benchmarks.fuzz.choices import Choices
from benchmarks.fuzz.files import written
from benchmarks.fuzz.target import Broken, Target


def _page() -> Callable[[Choices], None]:
    import dataclasses

    from dystream_ros.audio.block import AudioBlock, check_block
    from dystream_ros.nodes.web.binary_frames import parse_binary
    from dystream_ros.nodes.web.message_fields import Refused
    from dystream_ros.nodes.web.microphone import Microphone
    from dystream_ros.nodes.web.peer import ice_servers, is_address_candidate
    from dystream_ros.nodes.web.protocol import MESSAGES, parse

    fields = {kind: [field.name for field in dataclasses.fields(made)] for kind, made in MESSAGES.items()}

    def take(choices: Choices) -> None:
        if choices.chance(2):
            kind = choices.one_of(list(fields))
            given = {name: choices.value() for name in fields[kind] if not choices.chance(4)}
            tree = {"type": kind, **given, **({"id": choices.value()} if choices.chance(3) else {})}
            text = json.dumps(choices.changed_tree(tree) if choices.chance(3) else tree)
            try:
                parse(choices.changed_bytes(text.encode()).decode(errors="replace") if choices.chance(4) else text)
            except Refused as refused:
                if len(refused.text) > 2000:
                    raise Broken(f"a refusal of {len(refused.text)} characters") from refused
            is_address_candidate(choices.text())
            try:
                ice_servers(choices.text())
            except ValueError:
                return
            return
        published: list[AudioBlock] = []
        microphone, now_ns = Microphone(published.append, 16_000), 10**18
        for _ in range(1 + choices.below(6)):
            rate = choices.one_of((16_000, 16_000, 8_000, 48_000, choices.integer(0, 2**32 - 1)))
            header = struct.pack("<BBHId", choices.one_of((17, 17, 17, 1)), 0, 0, rate, choices.real())
            if choices.chance(2):
                header = header[:8] + struct.pack("<d", float(choices.integer(0, 2**53)))
            try:
                frame = parse_binary(header + choices.raw(8) * choices.one_of((40, 0, 1, 80)))
            except Refused:
                continue
            now_ns += choices.one_of((0, 20, 20, 2000)) * 1_000_000
            microphone.add(np.frombuffer(frame.pcm, "<i2"), frame.first_sample, now_ns)
        microphone.close()
        for block in published:
            check_block(block)

    return take


def _say() -> Callable[[Choices], None]:
    from dystream_ros.nodes.say.text import LONGEST_SENTENCE, TextRefused, beginning, spoken

    pieces = (
        ". ",
        "! ",
        ", ",
        " ",
        "\n",
        '"',
        "Dr",
        "A.",
        "*",
        "- ",
        "e.g",
        "ß",
        "ж",
        "\u202e",
        "\x00",
        "…",
        "x" * 300,
    )

    def take(choices: Choices) -> None:
        text = "".join(
            (choices.one_of(pieces) if choices.chance(2) else choices.text()) * choices.one_of((1, 1, 1, 40))
            for _ in range(choices.below(60))
        )
        beginning(text)
        language, script = choices.one_of((("English", "LATIN"), ("", "")))
        try:
            said = spoken(text, language, script)
        except TextRefused:
            return
        for sentence in said.sentences:
            if not 0 < len(sentence) <= LONGEST_SENTENCE or "\x00" in sentence:
                raise Broken(f"a sentence {sentence!r}")

    return take


def _motion_file() -> Callable[[Choices], None]:
    from dystream_ros.face.arkit import ARKIT_NAMES
    from dystream_ros.face.motion import POSE_NAMES
    from dystream_ros.face.motion_file import read_motion

    random = np.random.default_rng(0)
    arrays = {"values": random.random((4, 52), np.float32), "head_pose": random.random((4, 6), np.float32)}
    header = ",".join(["stamp", "frame", *ARKIT_NAMES, *POSE_NAMES])
    rows = [",".join(["0", str(k), *(f"{x:.3g}" for x in random.random(58))]) for k in range(3)]
    table = "\n".join([header, *rows]).encode()

    def take(choices: Choices) -> None:
        if choices.chance(2):
            path = written("fuzz.csv", choices.changed_bytes(table))
        else:
            changed = {"names": np.array(ARKIT_NAMES), **arrays}
            name = choices.one_of(list(changed))
            kind = choices.below(5)
            if kind == 0:
                del changed[name]
            elif kind == 1:
                changed[name] = changed[name][None]
            elif kind == 2:
                changed[name] = changed[name][: choices.below(3)]
            elif kind == 3:
                changed[name] = np.full_like(changed["values"], choices.single())
            buffer = io.BytesIO()
            (np.savez_compressed if choices.chance(2) else np.savez)(buffer, **changed)
            data = buffer.getvalue()
            path = written("fuzz.npz", choices.changed_bytes(data) if choices.chance(2) else data)
        try:
            motion = read_motion(path)
        except (ValueError, OSError):
            return
        if not np.isfinite(motion.values).all() or motion.values.shape[1] != len(motion.names):
            raise Broken(f"a motion of {motion.values.shape}")

    return take


def _urdf() -> Callable[[Choices], None]:
    from dystream_ros.actuators.template import joints_of_urdf
    from dystream_ros.nodes.common.share import share_folder

    seeds = [path.read_bytes() for path in sorted((share_folder() / "config" / "actuators").glob("*.urdf"))]

    def take(choices: Choices) -> None:
        text = choices.changed_bytes(choices.one_of(seeds)).decode(errors="replace")
        try:
            joints = joints_of_urdf(text)
        except ValueError:
            return
        for joint in joints:
            if not (
                np.isfinite([joint.minimum, joint.maximum, joint.velocity]).all() and joint.minimum < joint.maximum
            ):
                raise Broken(f"a joint {joint}")

    return take


OTHERS = (
    Target("page", "messages and sound of a page in the browser", _page),
    Target("say", "texts to say", _say),
    Target("motion_file", "files of motion: npz, csv", _motion_file),
    Target("urdf", "joints of a URDF", _urdf),
)
