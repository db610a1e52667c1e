"""dystream render: a recorded conversation as a video of the face."""

import argparse
from collections.abc import Iterator
from pathlib import Path

EXAMPLES = """examples:
  dystream render --self robot.wav --other visitor.wav -o face.mp4
  dystream render --self stereo.wav --self-channel 0 --other stereo.wav --other-channel 1 -o face.mp4
  dystream render --self speech.wav --portrait me.face --size 720 -o face.mp4
"""
_FRAME_NS = 40_000_000


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declares the command."""
    from dystream_ros.cli import _conversation

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
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="video, .mp4")
    parser.add_argument("--portrait", default="astronaut", help="name or .face file (default %(default)s)")
    parser.add_argument("--size", type=int, default=512, help="width and height, even (default %(default)s)")
    parser.add_argument(
        "--quality", type=int, default=20, help="rate factor of H.264, 0 best to 51 (default %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros import rendering
    from dystream_ros.cli import _conversation
    from dystream_ros.models.registry import open_own_renderer
    from dystream_ros.recording.video_file import VideoFile
    from dystream_ros.rendering.picture import picture_of

    _conversation.check(args)
    if args.output.suffix != ".mp4":
        raise ValueError(f"the output is {args.output}; accepted are names that end in .mp4")
    if args.size % 2 or not 64 <= args.size <= 4096:
        raise ValueError(f"--size is {args.size}; accepted are even numbers from 64 to 4096")
    own = open_own_renderer(args.model, args.size, args.size, args.offline)
    renderer = own or rendering.open_renderer(args.portrait, args.size, args.size)
    video = VideoFile(args.output, args.size, args.size, 25, args.quality, "stereo")
    sound = _sound(args)
    try:
        for motion in _conversation.motions(args):
            video.add_picture(picture_of(renderer, motion))
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
