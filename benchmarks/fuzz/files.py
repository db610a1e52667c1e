"""Readers of files: each either reads a damaged file, or refuses it with its own error."""

import contextlib
import functools
import io
import json
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.fuzz.choices import Choices
from benchmarks.fuzz.target import Broken, Target

_MOST_BLOCKS = 300
_KINDS = ("<f4", "<f2", "<f8", "<i4", "<u2", "|u1", "<i8", "|b1", "<c8", "<U3")


@functools.cache
def _folder() -> Path:
    """A folder for the file of this process, in memory where possible."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="dystream_fuzz_", dir=memory if memory.is_dir() else None))


def written(name: str, data: bytes) -> Path:
    """A file with this content, in place of the one of the input before."""
    path = _folder() / name
    path.write_bytes(data)
    return path


def _face() -> Callable[[Choices], None]:
    from dystream_ros.face.motion import MotionFrame
    from dystream_ros.rendering.backend import open_renderer
    from dystream_ros.rendering.portrait import PortraitError, check_portrait, find_portrait, load_portrait

    whole = find_portrait("robot").read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    motion = MotionFrame(0, np.full(52, 0.3, np.float32), np.zeros(6, np.float32))

    def take(choices: Choices) -> None:
        data = choices.changed_bytes(whole) if choices.chance(4) else _zip(_changed_members(members, choices))
        path = written("fuzz.face", data)
        try:
            check_portrait(path)
            portrait = load_portrait(path)
        except PortraitError:
            return
        # What is accepted can be drawn.
        renderer = open_renderer(portrait, 64, 64, "fallback")
        try:
            picture = renderer.render(motion)
        finally:
            renderer.close()
        if picture.shape != (64, 64, 3):
            raise Broken(f"a picture of {picture.shape}")

    return take


def _changed_members(members: dict[str, bytes], choices: Choices) -> dict[str, bytes]:
    changed = dict(members)
    for _ in range(1 + choices.below(2)):
        name = choices.one_of(list(members))
        if name.endswith(".npy") and not choices.chance(4):
            changed[name] = _changed_array(members[name], choices)
        elif name.endswith(".json"):
            value = choices.changed_tree(json.loads(members[name])) if choices.chance(2) else choices.value()
            changed[name] = json.dumps(value).encode() if not choices.chance(6) else b"[" * 100_000
        elif choices.chance(6):
            changed.pop(name, None)
        else:
            changed[name] = choices.changed_bytes(members[name])
    return changed


def _changed_array(data: bytes, choices: Choices) -> bytes:
    array = np.load(io.BytesIO(data))
    kind = choices.below(8)
    with np.errstate(all="ignore"):
        if kind == 0:
            array = array.astype(choices.one_of(_KINDS))
        elif kind == 1:
            array = array[: choices.below(len(array) + 1)] if array.ndim else array[None]
        elif kind == 2 and array.ndim:
            array = array.reshape(-1)[:0].reshape((0,) * array.ndim)
        elif kind == 3:
            array = array[None]
        elif kind == 4 and array.size:
            array = array.copy()
            array.reshape(-1)[choices.below(array.size)] = np.float64(choices.real()).astype(array.dtype)
        elif kind == 5:
            array = np.full_like(array, np.float64(choices.real()).astype(array.dtype))
        elif kind == 6:
            array = np.concatenate([array, array]) if array.ndim else array
        else:
            return _huge_header(data, choices)
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _huge_header(data: bytes, choices: Choices) -> bytes:
    """An array whose header claims more than there is, up to terabytes."""
    count = choices.one_of((10**6, 10**9, 4_800_000_000_000, 2**62))
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count}, 3), }}"
    header = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data[128:]


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _photo() -> Callable[[Choices], None]:
    import cv2

    from dystream_ros.rendering.photo import read_photo
    from dystream_ros.rendering.portrait import PortraitError

    random = np.random.default_rng(0)
    picture = cv2.resize(random.integers(0, 256, (9, 9, 3), np.uint8), (160, 140))
    alpha = np.dstack([picture, picture[..., :1]])
    grey = picture[..., 0]
    seeds = [
        (suffix, cv2.imencode(suffix, content)[1].tobytes())
        for suffix, content in (
            (".jpg", picture),
            (".png", picture),
            (".png", alpha),
            (".png", grey.astype(np.uint16) * 257),
            (".webp", picture),
            (".webp", alpha),
            (".jpg", grey),
        )
    ]

    def take(choices: Choices) -> None:
        suffix, data = choices.one_of(seeds)
        path = written(f"fuzz{suffix}", choices.changed_bytes(data))
        try:
            image = read_photo(path)
        except PortraitError:
            return
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise Broken(f"a picture of {image.dtype} {image.shape}")

    return take


def _audio(suffixes: tuple[str, ...]) -> Callable[[], Callable[[Choices], None]]:
    def prepare() -> Callable[[Choices], None]:
        from dystream_ros.audio.block import AudioRejected, check_block
        from dystream_ros.audio.files import AudioFileError, read_audio

        seeds = [(suffix, _sound(suffix)) for suffix in suffixes]

        def take(choices: Choices) -> None:
            suffix, data = choices.one_of(seeds)
            path = written(f"fuzz{suffix}", choices.changed_bytes(data))
            try:
                for number, block in enumerate(read_audio(path)):
                    check_block(block)
                    if number > _MOST_BLOCKS:
                        break
            except (AudioFileError, AudioRejected):
                return

        return take

    return prepare


def _sound(suffix: str) -> bytes:
    """A quarter of a second in a format; a video holds a picture beside it."""
    import av
    import soundfile

    wave = (0.3 * np.sin(np.arange(4000) / 9)).astype(np.float32)
    buffer = io.BytesIO()
    if suffix in (".wav", ".flac", ".ogg"):
        soundfile.write(buffer, wave, 16_000, format=suffix[1:].upper())
        return buffer.getvalue()
    path = _folder() / f"seed{suffix}"
    with av.open(str(path), "w") as container:
        codec = {".mp3": "libmp3lame", ".webm": "libopus", ".mkv": "aac", ".mp4": "aac", ".m4a": "aac"}[suffix]
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        if suffix in (".mp4", ".webm", ".mkv"):
            video = container.add_stream("libvpx-vp9" if suffix == ".webm" else "libx264", rate=25)
            video.width = video.height = 64
            for number in range(3):
                picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="bgr24")
                picture.pts = number
                container.mux(video.encode(picture))
            container.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, 3)[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def _yaml(tree: object, choices: Choices) -> bytes:
    import yaml

    text = yaml.safe_dump(choices.changed_tree(tree), allow_unicode=True).encode("utf-8", "surrogatepass")
    return choices.changed_bytes(text) if choices.chance(3) else text


def _calibration() -> Callable[[Choices], None]:
    import yaml

    from dystream_ros.actuators.calibration_file import CalibrationRefused, read_calibration
    from dystream_ros.actuators.joint_commands import JointCommands, Timing
    from dystream_ros.face.motion import ARKIT_LAYOUT
    from dystream_ros.nodes.common.share import share_folder

    seeds = [
        yaml.safe_load(path.read_text()) for path in sorted((share_folder() / "config" / "actuators").glob("*.yaml"))
    ]

    def take(choices: Choices) -> None:
        path = written("fuzz.yaml", _yaml(choices.one_of(seeds), choices))
        try:
            calibration = read_calibration(path)
        except CalibrationRefused:
            return
        # What is accepted moves within its limits.
        commands = JointCommands(calibration, Timing(), 0.0)
        commands.layout(ARKIT_LAYOUT.names, ARKIT_LAYOUT.neutral)
        commands.engage()
        for number in range(5):
            commands.motion(0.04 * number, 0.04 * number, np.full(52, 0.7), np.full(6, 0.1))
            state = commands.step(0.04 * number, 0.04)
        low = np.array([joint.minimum for joint in calibration.joints])
        high = np.array([joint.maximum for joint in calibration.joints])
        if (
            not np.isfinite(state.position).all()
            or (state.position < low - 1e-6).any()
            or (state.position > high + 1e-6).any()
        ):
            raise Broken(f"joints at {state.position}")

    return take


def _model_file() -> Callable[[Choices], None]:
    import yaml

    from dystream_ros.models.errors import ModelError
    from dystream_ros.models.registry import find_model, load_model, open_own_renderer
    from dystream_ros.models.runtime import Runtime

    seeds = [
        yaml.safe_load(find_model("released").read_text()),
        {"family": "compact", "weights": "nothing.safetensors"},
    ]

    def take(choices: Choices) -> None:
        path = written("fuzz_model.yaml", _yaml(choices.one_of(seeds), choices))
        for load in (lambda: load_model(str(path), Runtime()), lambda: open_own_renderer(str(path), 64, 64)):
            with contextlib.suppress(ModelError):
                load()

    return take


def _weights() -> Callable[[Choices], None]:
    from dystream_ros.models.errors import ModelError
    from dystream_ros.models.registry import find_model, load_model
    from dystream_ros.models.runtime import Runtime

    whole = find_model("compact").read_bytes()
    size = struct.unpack("<Q", whole[:8])[0]
    header, body = json.loads(whole[8 : 8 + size]), whole[8 + size :]
    texts = {name: json.loads(header["__metadata__"][name]) for name in ("config", "guidance")}

    def take(choices: Choices) -> None:
        kind = choices.below(4)
        if kind == 0:
            data = choices.changed_bytes(whole[: 8 + size]) + body
        else:
            changed = dict(header)
            if kind == 1:
                name = choices.one_of(("config", "guidance"))
                text = json.dumps(choices.changed_tree(texts[name]))
                changed["__metadata__"] = header["__metadata__"] | {name: text}
            elif kind == 2:
                changed["__metadata__"] = choices.changed_tree(header["__metadata__"])
            else:
                changed = choices.changed_tree(header)
            text = json.dumps(changed).encode()
            data = struct.pack("<Q", len(text)) + text + body
        path = written("fuzz.safetensors", data)
        try:
            load_model(str(path), Runtime(backend="torch"))  # a graph would be exported, for 20 s
        except ModelError:
            return

    return take


def _graph() -> Callable[[Choices], None]:
    from dystream_ros.models.compact.graph import file
    from dystream_ros.models.errors import ModelError
    from dystream_ros.models.registry import find_model

    whole = find_model("compact").with_suffix(".graph").read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    [described] = [name for name in members if name.endswith(".json")]

    def take(choices: Choices) -> None:
        if choices.chance(3):
            data = choices.changed_bytes(whole)
        else:
            tree = choices.changed_tree(json.loads(members[described]))
            data = _zip(members | {described: json.dumps(tree).encode()})
        path = written("fuzz.graph", data)
        try:
            for tensor in file.read(path).state:
                tensor.fresh()
        except ModelError:
            return

    return take


def _bag() -> Callable[[Choices], None]:
    from dystream_ros.audio.block import AudioRejected, check_block
    from dystream_ros.bags.audio_records import audio_block
    from dystream_ros.bags.definitions import BagError
    from dystream_ros.bags.reading import open_bag
    from dystream_ros.bags.writing import STORAGES, BagWriter

    kind = "dystream_ros/msg/AudioChunk"
    seeds = []
    for storage in STORAGES:
        path = _folder() / f"seed_{storage}"
        with BagWriter(path, storage) as writer:
            writer.add_topic("/self/audio", kind)
            stamp = writer.new("builtin_interfaces/msg/Time", {"sec": 1, "nanosec": 2})
            header = writer.new("std_msgs/msg/Header", {"stamp": stamp, "frame_id": "x"})
            for number in range(5):
                fields = {"header": header, "stream_id": 7, "first_sample": 160 * number, "sample_rate": 16_000}
                fields |= {"channels": 1, "end_of_stream": number == 4, "data": np.arange(160, dtype=np.int16)}
                writer.write("/self/audio", 1000 * number, writer.serialize(kind, writer.new(kind, fields)))
        [file] = [each for each in path.iterdir() if each.suffix in (".mcap", ".db3")]
        seeds.append((file.suffix, file.read_bytes()))

    def take(choices: Choices) -> None:
        suffix, data = choices.one_of(seeds)
        try:
            with open_bag(written(f"fuzz{suffix}", choices.changed_bytes(data))) as bag:
                for record in bag.records(list(bag.topics)):
                    check_block(audio_block(record))
        except (BagError, AudioRejected):
            return

    return take


FILES = (
    Target("face", "portraits, .face", _face),
    Target("photo", "photos: JPEG, PNG, WebP", _photo),
    Target("audio", "audio files: wav, flac, ogg, mp3, m4a", _audio((".wav", ".flac", ".ogg", ".mp3", ".m4a"))),
    Target("video", "sound of video files: mp4, mkv, webm", _audio((".mp4", ".mkv", ".webm"))),
    Target("calibration", "calibration files of joints", _calibration),
    Target("model_file", "model files: released.yaml", _model_file),
    Target("weights", "weights of compact", _weights),
    Target("graph", "graph files of compact", _graph),
    Target("bag", "bags of rosbag2: MCAP, SQLite", _bag),
)
