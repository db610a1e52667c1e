"""dystream render: video of the face in a recorded conversation.

Draws the motion that the model makes from the audio of both parties, in constant memory. The sound of the video has
self on the left and other on the right. Needs no ROS.
"""

import argparse
import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXAMPLES = """examples:
  dystream render --self robot.wav --other visitor.wav -o face.mp4
  dystream render --self stereo.wav --self-channel 0 --other stereo.wav --other-channel 1 -o face.mp4
  dystream render --self speech.wav --portrait me.face --size 720 -o face.mp4
  dystream render --self speech.wav --portrait ada --background transparent -o overlay.webm
  dystream render --self speech.wav --portrait me.jpg --framing head --background '#203040' --size 1080x1920 -o face.mp4
"""
_FRAME_NS = 40_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    from dystream_ros.cli import picture_options, recorded_conversation

    recorded_conversation.add_arguments(parser)
    parser.add_argument(
        "--offline",
        action="store_true",
        help="the audio encoders receive the whole conversation before the first frame, as in the published inference",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="video, .mp4 or .webm")
    picture_options.add_arguments(parser)
    parser.add_argument(
        "--quality",
        type=int,
        default=20,
        metavar="N",
        help="rate factor of H.264, 0 (best) to 51 (default %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros.cli import picture_options, recorded_conversation

    _check(args)
    from dystream_ros.models.registry import open_own_renderer
    from dystream_ros.rendering.backend import open_renderer
    from dystream_ros.rendering.interfaces import Renderer
    from dystream_ros.rendering.oriented import OrientedRenderer
    from dystream_ros.rendering.portrait import DEFAULT_PORTRAIT

    view = picture_options.view_of(args)
    own = open_own_renderer(args.model, *view.upright, args.offline)
    if own is not None:
        renderer: Renderer = OrientedRenderer(own, view)
    else:
        portrait = picture_options.portrait_of(args.portrait or DEFAULT_PORTRAIT)
        renderer = open_renderer(portrait, **dataclasses.asdict(view))
    with contextlib.closing(renderer):
        motions, sound = recorded_conversation.motions(args), _sound(args)
        frames = ((renderer.render(motion), next(sound)) for motion in motions)
        count = recorded_conversation.write_film(args, view, frames)
    print(f"wrote {args.output}: {count} frames, {count * 0.04:.1f} s")
    return 0


def _check(args: argparse.Namespace) -> None:
    """Checks the arguments before a model is loaded."""
    from dystream_ros.cli import picture_options, recorded_conversation
    from dystream_ros.cli.arguments import check_output

    recorded_conversation.check(args)
    picture_options.check(args)
    if args.background == "transparent" and args.output.suffix == ".mp4":
        raise ValueError(f"{args.output} cannot be transparent: write a .webm, or give a colour, --background green")
    if not 0 <= args.quality <= 51:
        raise ValueError(f"--quality is {args.quality}; accepted are 0 (best) to 51")
    from dystream_ros.recording.video_file import KINDS

    check_output(args.output, KINDS, (args.self_path, args.other_path))


def _sound(args: argparse.Namespace) -> "Iterator[NDArray[np.float32]]":
    """Endless sound, float32 (2, 1920) per frame: self and other, silent after the end of each file."""
    import numpy as np

    from dystream_ros.audio.files import read_audio
    from dystream_ros.recording.sound_track import SoundTrack
    from dystream_ros.recording.video_file import SOUND_RATE

    tracks = [SoundTrack(0, SOUND_RATE) for _ in range(2)]
    sources = []
    for path, channel in ((args.self_path, args.self_channel), (args.other_path, args.other_channel)):
        blocks = iter(()) if path is None else read_audio(path, channel=None if channel < 0 else channel)
        sources.append(blocks)
    pushed_ns = [0, 0]
    end_ns = 0
    while True:
        end_ns += _FRAME_NS
        for index, (track, source) in enumerate(zip(tracks, sources)):
            # The resampler delays its output, so the input stays 0.1 s ahead.
            while pushed_ns[index] < end_ns + 100_000_000 and (block := next(source, None)) is not None:
                track.push(block, 0)
                pushed_ns[index] += block.frames * 1_000_000_000 // block.sample_rate
        yield np.stack([track.take_until(end_ns) for track in tracks])
