"""dystream render: a recorded conversation as a video of the face."""

import argparse
import dataclasses
from collections.abc import Iterator
from pathlib import Path

EXAMPLES = """examples:
  dystream render --self robot.wav --other visitor.wav -o face.mp4
  dystream render --self stereo.wav --self-channel 0 --other stereo.wav --other-channel 1 -o face.mp4
  dystream render --self speech.wav --portrait me.face --size 720 -o face.mp4
  dystream render --self speech.wav --portrait ada --background transparent -o overlay.webm
  dystream render --self speech.wav --portrait me.jpg --framing head --background '#203040' --size 1080x1920 -o face.mp4
"""
_FRAME_NS = 40_000_000


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declares the command."""
    from dystream_ros.cli import _conversation, _view

    parser = subparsers.add_parser(
        "render",
        help="video of the face in a recorded conversation",
        description="Video of the face with the sound of both parties (self left, other right), in constant memory.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _conversation.add_arguments(parser)
    parser.add_argument(
        "--offline",
        action="store_true",
        help="hear the whole conversation before the first frame, as the published model's authors do",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="video, .mp4 or .webm")
    _view.add_arguments(parser)
    parser.add_argument(
        "--quality", type=int, default=20, help="rate factor of H.264, 0 best to 51 (default %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros.cli import _conversation, _view
    from dystream_ros.models.registry import open_own_renderer
    from dystream_ros.recording.video_file import KINDS, VideoFile
    from dystream_ros.rendering.backend import open_renderer
    from dystream_ros.rendering.interfaces import Renderer
    from dystream_ros.rendering.oriented import OrientedRenderer
    from dystream_ros.rendering.portrait import DEFAULT_PORTRAIT

    _conversation.check(args)
    if args.output.suffix not in KINDS:
        raise ValueError(f"the output is {args.output}; accepted are names that end in {' or '.join(KINDS)}")
    view = _view.view_of(args)
    if view.transparent and args.output.suffix != ".webm":
        raise ValueError(f"{args.output} can not be transparent: write a .webm, or give a colour, --background green")
    own = open_own_renderer(args.model, *view.upright, args.offline)
    if own is not None:
        renderer: Renderer = OrientedRenderer(own, view)
    else:
        portrait = _view.portrait_of(args.portrait or DEFAULT_PORTRAIT)
        renderer = open_renderer(portrait, **dataclasses.asdict(view))
    video = VideoFile(args.output, view.width, view.height, 25, args.quality, "stereo", transparent=view.transparent)
    sound = _sound(args)
    try:
        for motion in _conversation.motions(args):
            video.add_picture(renderer.render(motion))
            video.add_sound(next(sound))
    finally:
        video.close()
        renderer.close()
    print(f"wrote {args.output}: {video.pictures} frames, {video.pictures * 0.04:.1f} s")
    return 0


def _sound(args: argparse.Namespace) -> Iterator:
    """Float32 (2, 1920) a frame, without end: self and other, silence after the end of each."""
    import numpy as np

    from dystream_ros.audio.files import read_audio
    from dystream_ros.recording.sound_track import SoundTrack
    from dystream_ros.recording.video_file import SOUND_RATE

    tracks = [SoundTrack(0, SOUND_RATE) for _ in range(2)]
    sources = []
    for path, channel in ((args.self_path, args.self_channel), (args.other_path, args.other_channel)):
        blocks = iter(()) if path is None else read_audio(path, channel=None if channel < 0 else channel)
        sources.append(blocks)
    heard_ns = [0, 0]
    end_ns = 0
    while True:
        end_ns += _FRAME_NS
        for index, (track, source) in enumerate(zip(tracks, sources)):
            # The resampler holds a little back: stay a tenth of a second ahead of what is taken.
            while heard_ns[index] < end_ns + 100_000_000 and (block := next(source, None)) is not None:
                track.push(block, 0)
                heard_ns[index] += block.frames * 1_000_000_000 // block.sample_rate
        yield np.stack([track.take_until(end_ns) for track in tracks])
