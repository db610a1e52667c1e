"""dystream bag: video of the face in a bag of rosbag2, without ROS.

Draws the motion that the bag holds; where it holds only the audio of a conversation, the motion that the model makes
from it. The sound of the video has self on the left and other on the right. Without --output it lists the topics.
Needs the package rosbags.
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

    from dystream_ros.bags.motion_records import ShownMotion
    from dystream_ros.bags.reading import Bag

EXAMPLES = """examples:
  dystream bag visit_0
  dystream bag visit_0 -o film.mp4
  dystream bag visit_0/visit_0.mcap --portrait ada --size 720 -o film.mp4
  dystream bag visit_0 --generate --seed 3 -o again.mp4
  dystream bag two_robots --motion /left/motion --self /left/self/audio_aligned --other /left/other/audio -o left.mp4
"""
_MOTION, _OTHER = "motion", "other/audio"
_FRAME_NS = 40_000_000
_AHEAD_NS = 2_000_000_000  # audio is recorded up to this long after the motion that it belongs to


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    from dystream_ros.cli import picture_options

    parser.add_argument("bag", type=Path, metavar="BAG", help="folder of rosbag2, or an .mcap or .db3 file")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="video, .mp4 or .webm")
    group = parser.add_argument_group("topics, by their end or in full")
    group.add_argument("--motion", default=_MOTION, metavar="TOPIC", help="motion (default %(default)s)")
    group.add_argument(
        "--self", dest="self_topic", metavar="TOPIC", help="own voice (default self/audio_aligned, else self/audio)"
    )
    group.add_argument(
        "--other", dest="other_topic", default=_OTHER, metavar="TOPIC", help="partner (default %(default)s)"
    )
    group = parser.add_argument_group("motion from the audio")
    group.add_argument("--generate", action="store_true", help="even if the bag holds motion")
    group.add_argument("--model", default="compact", help="name, .safetensors or model file (default %(default)s)")
    group.add_argument("--seed", type=int, default=0, help="same seed, same motion (default %(default)s)")
    picture_options.add_arguments(parser)
    parser.add_argument(
        "--quality", type=int, default=20, metavar="N", help="rate factor of H.264, 0 (best) to 51 (default 20)"
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros.cli.missing_packages import require

    require("rosbags", "reading a bag")
    from dystream_ros.bags.reading import open_bag

    if args.output is not None:
        _check(args)
    with open_bag(args.bag) as bag:
        if args.output is None:
            print(f"{args.bag}: {bag.seconds:.1f} s")
            for topic, type_name in sorted(bag.topics.items()):
                print(f"  {topic:<32}{type_name}")
            return 0
        return _film(args, bag)


def _check(args: argparse.Namespace) -> None:
    from dystream_ros.cli import picture_options
    from dystream_ros.cli.arguments import check_model, check_output
    from dystream_ros.recording.video_file import KINDS

    picture_options.check(args)
    check_model(args.model)
    if args.background == "transparent" and args.output.suffix == ".mp4":
        raise ValueError(f"{args.output} cannot be transparent: write a .webm, or give a colour, --background green")
    if not 0 <= args.quality <= 51:
        raise ValueError(f"--quality is {args.quality}; accepted are 0 (best) to 51")
    check_output(args.output, KINDS)


def _film(args: argparse.Namespace, bag: "Bag") -> int:
    from tqdm import tqdm

    from dystream_ros.cli import picture_options, recorded_conversation
    from dystream_ros.models.registry import open_own_renderer
    from dystream_ros.rendering.backend import open_renderer
    from dystream_ros.rendering.interfaces import Renderer
    from dystream_ros.rendering.oriented import OrientedRenderer
    from dystream_ros.rendering.portrait import DEFAULT_PORTRAIT

    view = picture_options.view_of(args)
    topics = {"self": _own_voice(bag, args.self_topic), "other": _topic(bag, args.other_topic, _OTHER)}
    motion_topic = "" if args.generate else _topic(bag, args.motion, _MOTION)
    shown = _recorded(bag, motion_topic) if motion_topic else _generated(bag, topics, args)
    own = None if motion_topic else open_own_renderer(args.model, *view.upright)
    if own is not None:
        renderer: Renderer = OrientedRenderer(own, view)
    else:
        portrait = picture_options.portrait_of(args.portrait or DEFAULT_PORTRAIT)
        renderer = open_renderer(portrait, **dataclasses.asdict(view))
    with contextlib.closing(renderer):
        sound = _Sound(bag, topics)
        shown = tqdm(shown, unit="frame", desc="bag", disable=None)
        frames = ((renderer.render(each.motion), sound.of(each)) for each in shown)
        count = recorded_conversation.write_film(args, view, frames)
    if not count:
        raise ValueError(f"{args.bag} holds no motion, and no audio of a whole frame")
    made = f"from {motion_topic}" if motion_topic else f"made by {args.model}"
    print(f"wrote {args.output}: {count} frames, {count * 0.04:.1f} s, {made}")
    return 0


def _own_voice(bag: "Bag", wanted: str | None) -> str:
    return _topic(bag, wanted, "") if wanted else bag.topic("self/audio_aligned") or bag.topic("self/audio")


def _topic(bag: "Bag", wanted: str, default: str) -> str:
    """The topic that an option names; "" where the bag lacks the default, or the option is empty."""
    if not (found := bag.topic(wanted)) and wanted not in ("", default):
        raise ValueError(f"the bag has no topic {wanted}; it has {', '.join(sorted(bag.topics))}")
    return found


def _recorded(bag: "Bag", topic: str) -> "Iterator[ShownMotion]":
    from dystream_ros.bags.motion_records import at_frame_rate

    return at_frame_rate(bag.records([topic]))


def _generated(bag: "Bag", topics: dict[str, str], args: argparse.Namespace) -> "Iterator[ShownMotion]":
    """The frames that the model makes, whose sound is that of their stamps."""
    from dystream_ros.bags.conversation import frames_of_bag
    from dystream_ros.bags.motion_records import ShownMotion
    from dystream_ros.cli.recorded_conversation import open_session

    first = True
    for frame in frames_of_bag(bag, topics, open_session(args)):
        yield ShownMotion(frame.motion, frame.stamp_ns, 0, first)
        first = False


class _Sound:
    """The sound of each frame, float32 (2, 1920): self and other, by their stamps."""

    def __init__(self, bag: "Bag", topics: dict[str, str]) -> None:
        from dystream_ros.recording.sound_track import SoundTrack
        from dystream_ros.recording.video_file import SOUND_RATE

        self._new = lambda start_ns: SoundTrack(start_ns, SOUND_RATE)
        self._parties = {topic: index for index, topic in enumerate((topics["self"], topics["other"])) if topic}
        self._records = bag.records(list(self._parties))
        self._next = next(self._records, None)
        self._tracks: list[SoundTrack] = []
        self._lag_ns = 0  # from a stamp to the time of recording

    def of(self, shown: "ShownMotion") -> "NDArray[np.float32]":
        """Take the sound of the next frame."""
        import numpy as np

        from dystream_ros.audio.block import AudioRejected
        from dystream_ros.bags.audio_records import audio_block

        if shown.cut:
            self._tracks = [self._new(shown.stamp_ns) for _ in range(2)]
            self._lag_ns = shown.recorded_ns - shown.stamp_ns if shown.recorded_ns else self._first_lag()
        until_ns = shown.stamp_ns + self._lag_ns + _AHEAD_NS
        while self._next is not None and self._next.recorded_ns < until_ns:
            block = audio_block(self._next)
            arrival_ns = self._next.recorded_ns - self._lag_ns
            if abs((block.stamp_ns or arrival_ns) - shown.stamp_ns) > 60 * 1_000_000_000:
                block = dataclasses.replace(block, stamp_ns=None)
            with contextlib.suppress(AudioRejected):  # the head did not use it either
                self._tracks[self._parties[self._next.topic]].push(block, arrival_ns)
            self._next = next(self._records, None)
        return np.stack([track.take_until(shown.stamp_ns + _FRAME_NS) for track in self._tracks])

    def _first_lag(self) -> int:
        """Of the first chunk with a stamp."""
        from dystream_ros.bags.audio_records import audio_block

        if self._next is None:
            return 0
        return self._next.recorded_ns - (audio_block(self._next).stamp_ns or 0)
