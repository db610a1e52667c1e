"""Options of the commands that process a recorded conversation, and the frames of that conversation."""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tqdm import tqdm

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dystream_ros.engine.conversation import Frame
    from dystream_ros.engine.interfaces import HeadSession, Samples
    from dystream_ros.face.motion import MotionFrame
    from dystream_ros.rendering.interfaces import Picture
    from dystream_ros.rendering.view import View


@runtime_checkable
class OfflineModel(Protocol):
    """A model that has its own inference over a whole conversation."""

    def offline(self, self_audio: "Samples", other_audio: "Samples", seed: int) -> "Iterator[MotionFrame]":
        """Motions of a conversation. Tracks are float32 (samples,) at 16 kHz, empty for a party without audio."""
        ...


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the two parties, the model and the seed."""
    parser.add_argument("--self", dest="self_path", type=Path, metavar="FILE", help="audio of the party with the face")
    parser.add_argument("--other", dest="other_path", type=Path, metavar="FILE", help="audio of its partner")
    parser.add_argument(
        "--self-channel",
        type=int,
        default=-1,
        metavar="N",
        help="channel of the file, from 0; -1 for the mean of all (default %(default)s)",
    )
    parser.add_argument(
        "--other-channel", type=int, default=-1, metavar="N", help="as --self-channel (default %(default)s)"
    )
    parser.add_argument("--model", default="compact", help="name, .safetensors or model file (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same motion (default %(default)s)")


def check(args: argparse.Namespace) -> None:
    """Checks the files, the channels and the model without loading it.

    Raises:
        ValueError: neither party has a file, a file is not audio or lacks the channel, or there is no such model.
    """
    from dystream_ros.cli.arguments import check_model, check_sound

    if args.self_path is None and args.other_path is None:
        raise ValueError("neither party has audio; give --self FILE, --other FILE or both")
    for path, channel in ((args.self_path, args.self_channel), (args.other_path, args.other_channel)):
        if path is not None:
            check_sound(path, channel)
    check_model(args.model)


def motions(args: argparse.Namespace) -> "Iterator[MotionFrame]":
    """Motions of the conversation with a progress bar; by the model's offline inference if `args.offline` is set.

    Raises:
        ValueError: the model has no offline inference.
    """
    if not args.offline:
        return (frame.motion for frame in frames(args, open_session(args)))
    from dystream_ros.models.registry import load_model

    network = load_model(args.model).network
    if not isinstance(network, OfflineModel):
        raise ValueError(f"the model {args.model} has no offline inference of its own; leave --offline out")
    tracks = (track(args.self_path, args.self_channel), track(args.other_path, args.other_channel))
    made = network.offline(*tracks, args.seed)
    return tqdm(made, total=_expected(args), unit="frame", desc=args.command, disable=None)


def track(path: Path | None, channel: int) -> "Samples":
    """A whole file as float32 (samples,) at 16 kHz; empty for a party without a file."""
    import numpy as np
    import soxr

    from dystream_ros.audio.block import to_mono
    from dystream_ros.audio.files import read_audio
    from dystream_ros.audio.resample import MEDIA_RATE

    if path is None:
        return np.zeros(0, np.float32)
    blocks = list(read_audio(path))
    track = np.concatenate([to_mono(block, None if channel < 0 else channel) for block in blocks])
    return soxr.resample(track, blocks[0].sample_rate, MEDIA_RATE).astype(np.float32)


def open_session(args: argparse.Namespace) -> "HeadSession":
    """A fresh session of the requested model, on one thread: its arrays are too small for more threads to help."""
    from dystream_ros.engine.session import Session
    from dystream_ros.models.registry import load_model
    from dystream_ros.models.runtime import Runtime

    return Session(load_model(args.model, Runtime()).network, args.seed)


def frames(args: argparse.Namespace, session: "HeadSession") -> "Iterator[Frame]":
    """Frames of the conversation with a progress bar."""
    from dystream_ros.engine.offline import frames_of_files

    made = frames_of_files(args.self_path, args.other_path, session, args.self_channel, args.other_channel)
    return tqdm(made, total=_expected(args), unit="frame", desc=args.command, disable=None)


def write_film(args: argparse.Namespace, view: "View", frames: "Iterable[tuple[Picture, NDArray[np.float32]]]") -> int:
    """Writes a video of pictures and their sound, (2, n) at 48 kHz, to `args.output`; returns how many.

    An existing file is replaced when the video is complete.

    Raises:
        OutputInUse: another program writes this file.
        OSError: the file cannot be written; what was written before plays, from the file that a warning names.
    """
    from dystream_ros.recording.replacing import replacing
    from dystream_ros.recording.video_file import VideoFile

    video: VideoFile | None = None
    with replacing(args.output) as partial:
        try:
            for picture, sound in frames:
                video = video or VideoFile(
                    partial, view.width, view.height, 25, args.quality, "stereo", transparent=view.transparent
                )
                video.add_picture(picture)
                video.add_sound(sound)
        finally:
            if video is not None:
                video.close()
    return video.pictures if video is not None else 0


def _expected(args: argparse.Namespace) -> int | None:
    """Frames of the longer file; None when a format does not state its length."""
    from dystream_ros.audio.files import open_audio

    seconds = []
    for path in (args.self_path, args.other_path):
        if path is not None:
            with open_audio(path) as audio:
                seconds.append(audio.seconds)
    return None if None in seconds else int(25 * max(seconds))
