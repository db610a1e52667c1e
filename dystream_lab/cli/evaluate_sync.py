"""dystream evaluate sync: the sync score of files, or of the rows of the comparison on sets of speech."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dystream_lab.sync.score import SyncScore
    from dystream_lab.sync.training import SyncNetwork

SYNC = "sync"
_BAGS = (".mcap", ".db3")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of `dystream evaluate sync`."""
    group = parser.add_argument_group(f"after {SYNC}")
    group.add_argument(
        "--sound",
        type=Path,
        metavar="FILE",
        help="sound of the face (default: that of the video; NAME.wav of NAME.csv)",
    )
    group.add_argument(
        "--channel",
        type=int,
        default=-1,
        metavar="N",
        help="of the sound, from 0; -1 for the mean (default %(default)s)",
    )
    group.add_argument(
        "--mouth",
        type=float,
        nargs=3,
        metavar=("X", "Y", "SIDE"),
        help="a fixed square for the mouth of a face that is not found: its middle and side as shares of the picture",
    )
    group.add_argument(
        "--recordings",
        type=Path,
        metavar="FOLDER",
        help="sounds without phones as the only set, for the models and the rows that need no phones",
    )
    group.add_argument(
        "--weights", type=Path, metavar="FOLDER", help="of dystream train-sync (default: the shipped weights)"
    )
    group.add_argument("--motion-topic", default="motion", metavar="TOPIC", help="in a bag (default %(default)s)")
    group.add_argument("--self-topic", metavar="TOPIC", help="in a bag (default self/audio_aligned, else self/audio)")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_lab.sync import weights

    folder = args.weights or weights.FOLDER
    lips, mouths = folder / weights.LIPS.name, folder / weights.MOUTHS.name
    if args.sections[1:]:
        files = [Path(each) for each in args.sections[1:]]
        return _files(args, files, weights.load(lips, mouths if mouths.is_file() else None))
    return _rows(args, weights.load(lips))


def _files(args: argparse.Namespace, files: list[Path], network: "SyncNetwork") -> int:
    """Prints the scores of files; returns 1 if one of several has none."""
    from dystream_lab.cli.evaluate import write
    from dystream_lab.sync.measure import NoScore
    from dystream_ros.cli.arguments import check_output

    for path in files:
        if not path.exists():
            raise FileNotFoundError(f"there is no file {path} (a video, a bag, or motion as .csv or .npz)")
    if args.json:
        check_output(args.json)
    if args.mouth and not all(0.0 < share <= 1.0 for share in args.mouth):
        raise ValueError(f"--mouth is {args.mouth}; accepted are shares above 0 and up to 1")
    figures: dict[str, dict[str, float]] = {}

    def measured(path: Path) -> bool:
        try:
            figures.update({name: _figures(score) for name, score in _scores(args, path, network)})
        except NoScore as error:
            if len(files) == 1:
                raise
            print(error)
            return False
        return True

    failed = len(files) - sum(map(measured, files))
    if figures:
        print(_table(figures))
    if args.json:
        write(args.json, {SYNC: figures})
    return 1 if failed else 0


def _figures(score: "SyncScore") -> dict[str, float]:
    return {
        "LSE-C": round(score.lse_c, 4), "LSE-D": round(score.lse_d, 4), "offset ms": score.offset_ms,
        "seconds": round(score.windows / 25, 1),
    }  # fmt: skip


def _table(figures: dict[str, dict[str, float]]) -> str:
    columns = list(next(iter(figures.values())))
    width = max(map(len, figures))
    lines = [" " * width + "".join(f"{column:>11}" for column in columns)]
    digits = {"LSE-C": 3, "LSE-D": 3, "offset ms": 0, "seconds": 1}
    for name, values in figures.items():
        cells = "".join(f"{values[column]:>11.{digits[column]}f}" for column in columns)
        lines.append(f"{name:<{width}}{cells}")
    return "\n".join(lines)


def _scores(args: argparse.Namespace, path: Path, network: "SyncNetwork") -> "Iterator[tuple[str, SyncScore]]":
    """The scores of a file by name: one of motion, two of a video."""
    from dystream_lab.sync import recordings
    from dystream_lab.sync.measure import measure

    if path.suffix in recordings.MOTION_SUFFIXES:
        sound = args.sound or path.with_suffix(".wav")
        if not sound.is_file():
            raise FileNotFoundError(f"there is no sound {sound} of the motion {path}; give it with --sound FILE")
        yield str(path), measure(network, recordings.of_motion_file(path, sound, args.channel), str(path))
    elif path.is_dir() or path.suffix in _BAGS:
        from dystream_ros.bags.reading import open_bag
        from dystream_ros.cli.missing_packages import require

        require("rosbags", "reading a bag")
        with open_bag(path) as bag:
            motion, voice = _topics(args, bag)
            yield str(path), measure(network, recordings.of_bag(bag, motion, voice), str(path))
    else:
        yield from _of_video(args, path, network)


def _topics(args: argparse.Namespace, bag) -> tuple[str, str]:
    motion = bag.topic(args.motion_topic)
    voice = (
        bag.topic(args.self_topic) if args.self_topic else bag.topic("self/audio_aligned") or bag.topic("self/audio")
    )
    for found, option, what in ((motion, "--motion-topic", "motion"), (voice, "--self-topic", "voice of the face")):
        if not found:
            raise ValueError(
                f"the bag has no {what}; name its topic with {option}: it has {', '.join(sorted(bag.topics))}"
            )
    return motion, voice


def _of_video(args: argparse.Namespace, path: Path, network: "SyncNetwork") -> "Iterator[tuple[str, SyncScore]]":
    """By the pictures of the mouth, then by the lips that the landmarker reads in them."""
    from contextlib import ExitStack

    import av
    from tqdm import tqdm

    from dystream_lab.corpus.video.tracks import picture_count
    from dystream_lab.released.landmark_reader import LandmarkReader
    from dystream_lab.sync.measure import measure
    from dystream_lab.sync.videos import Video
    from dystream_ros.cli.missing_packages import require

    if network.mouths is None:
        raise FileNotFoundError(
            "pictures need the weights of mouths beside those of lips: dystream train-sync pictures makes them"
        )
    try:
        total = picture_count(path)
    except av.FFmpegError as error:
        raise ValueError(
            f"{path} cannot be read as a video: {error.strerror}; accepted are videos, bags, and motion as .csv or .npz"
        ) from error
    with ExitStack() as opened:
        detect = None
        if not args.mouth:
            require("mediapipe", "finding a face in a video")
            detect = opened.enter_context(LandmarkReader()).detect
        bar = opened.enter_context(tqdm(total=total, unit="picture", desc=path.name, disable=None))
        video = Video(path, detect, args.sound, args.channel, tuple(args.mouth) if args.mouth else None, bar.update)
        yield f"{path}, pictures", measure(network, video.mouths(), str(path))
    if not args.mouth:
        yield f"{path}, lips read", measure(network, video.lips(), str(path))


def _rows(args: argparse.Namespace, network: "SyncNetwork") -> int:
    """Prints a table for each set."""
    from dystream_lab.cli import evaluate
    from dystream_lab.evaluation.measures import sync as section
    from dystream_lab.evaluation.reports.tables import table
    from dystream_lab.evaluation.rows import catalogue
    from dystream_lab.evaluation.rows.files import FilesRow
    from dystream_lab.evaluation.rows.model import ModelRow
    from dystream_lab.evaluation.sets.recordings import load
    from dystream_ros.cli.arguments import check_folder

    names = args.rows
    if args.recordings:
        check_folder(args.recordings, "recordings")
        args.sets = []  # no corpus is needed
        names = [name for name in names if name in catalogue.SOUND_ONLY]
    evaluate.check(args, ("lips",))
    sets = {args.recordings.resolve().name: load(args.recordings)} if args.recordings else evaluate.sets(args)
    rows = [ModelRow(name, evaluate.network(name, args.setting), args.seeds) for name in args.model]
    rows += [FilesRow(folder) for folder in args.motion]
    rows += catalogue.create_all(names, args.seeds, args.cache)
    report = evaluate.head(args)
    for group, summaries in section.compare(network, rows, sets):
        minutes = sum(utterance.frames for utterance in sets[group]) / 25 / 60
        title = f"{SYNC}, {group}: {len(sets[group])} recordings, {minutes:.1f} min"
        print(table(title, summaries), end="\n\n", flush=True)
        report[f"{SYNC} {group}"] = summaries
        if args.json:
            evaluate.write(args.json, report)
    return 0
