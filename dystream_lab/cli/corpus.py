"""dystream corpus: make the conversations that the compact model is trained on.

Synthesizes speech with known phone times, stages conversations and computes the motion of both faces. A stopped command
continues when it is repeated. The same seed and speech give the same corpus. `from-video` reads the faces of videos
instead; `statistics` prints how the faces of a corpus move.
"""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream corpus corpus/first                             20 hours of conversation from 10 hours of speech; resumable
  dystream corpus corpus/quick --hours 0.5 --speech-hours 0.5 --engines espeak flite
  dystream corpus corpus/second --seed 1 --speech corpus/first/speech   other conversations of the same speech
  dystream corpus from-video recordings -o corpus/own      from videos of people, with separate voices; resumable
  dystream corpus statistics corpus/first --hours 3        rates of nods, blinks and smiles; who speaks when
  dystream corpus statistics corpus/own --json own.json    the same for a corpus of videos
  dystream corpus dystream_ros/assets/demo --demo          the demo's conversation

The speech is made here: apt-get install espeak-ng flite festival festvox-kdlpc16k festvox-ru festvox-suopuhe-lj
festvox-suopuhe-mv festvox-ca-ona-hts, and for the neural voices, in the checkout: pip install '.[train]'
(Kokoro takes 1.5 times real time on one core; the others take minutes).

A video shows one face and has the voices of both parties as two audio tracks, or as the two channels of one. Reading
the face needs MediaPipe; in the checkout: pip install '.[portrait]'
"""
FROM_VIDEO = "from-video"
STATISTICS = "statistics"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.usage = (
        "dystream corpus FOLDER [options]\n       dystream corpus from-video VIDEOS -o FOLDER [--face-track 2]\n"
        "       dystream corpus statistics FOLDER [--hours 3] [--json FILE]"
    )
    parser.add_argument("folder", type=Path, help="folder of the corpus, made if missing; or from-video, or statistics")
    parser.add_argument(
        "source", type=Path, nargs="?", help="after from-video: folder of the videos; after statistics: of the corpus"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FOLDER", help="after from-video: folder of the corpus, made if missing"
    )
    parser.add_argument(
        "--face-track",
        type=int,
        choices=(1, 2),
        default=1,
        help="audio track of the person who is shown in the video (default %(default)s)",
    )
    parser.add_argument(
        "--hours",
        type=float,
        default=20.0,
        help="hours to train on; after statistics: most hours to read (default %(default)s)",
    )
    parser.add_argument(
        "--valid-hours", type=float, default=0.7, help="hours between held-out voices (default %(default)s)"
    )
    parser.add_argument(
        "--speech-hours", type=float, default=10.0, help="hours of distinct speech of all engines (default %(default)s)"
    )
    parser.add_argument("--clip-seconds", type=float, default=45.0, help="length of a clip (default %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of texts, conversations and motion (default %(default)s)"
    )
    parser.add_argument(
        "--engines",
        nargs="+",
        default=["festvox-ru", "espeak", "flite", "festival", "festival-fi", "festival-ca", "kokoro"],
        metavar="ENGINE",
        help="speech engines (default %(default)s)",
    )
    parser.add_argument(
        "--speech",
        type=Path,
        metavar="FOLDER",
        help="folder of the speech, extended if it exists (default: FOLDER/speech)",
    )
    parser.add_argument(
        "--styles",
        type=Path,
        metavar="FOLDER",
        help="style files of Kokoro's voices, fetched if missing (default: with the speech)",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="after statistics: also write the figures to this file"
    )
    parser.add_argument("--demo", action="store_true", help="make only the conversation of the demo")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    if args.folder == Path(FROM_VIDEO):
        return _from_video(args)
    if args.folder == Path(STATISTICS):
        return _statistics(args)
    if args.source or args.output:
        raise ValueError(f"a folder of videos and -o go with `dystream corpus {FROM_VIDEO} VIDEOS -o FOLDER`")
    if args.json:
        raise ValueError(f"--json goes with `dystream corpus {STATISTICS} FOLDER`")
    from dystream_lab.corpus.corpus import CorpusPlan
    from dystream_lab.speech.engines.catalogue import SHARES
    from dystream_lab.speech.speech import SpeechCache
    from dystream_ros.cli.arguments import check_output_folder

    unknown = [engine for engine in args.engines if engine not in SHARES]
    if unknown:
        raise ValueError(f"no engine {', '.join(unknown)}; there are {', '.join(SHARES)}")
    _check_lengths(args)
    check_output_folder(args.folder)
    speech = args.speech or args.folder / "speech"
    styles = args.styles or speech / "kokoro-styles"
    if args.demo:
        return _make_demo(args.folder, styles)
    plan = CorpusPlan(args.hours, args.valid_hours, args.clip_seconds, args.seed)
    cache = SpeechCache(speech)
    _synthesize(cache, args.engines, 3600 * args.speech_hours, args.seed, styles)
    _build(args.folder, cache, plan)
    return 0


def _check_lengths(args: argparse.Namespace) -> None:
    for name, least in (("hours", 0.0), ("valid_hours", 0.0), ("speech_hours", 0.001), ("clip_seconds", 5.0)):
        value = getattr(args, name)
        if not least <= value < float("inf"):
            raise ValueError(f"--{name.replace('_', '-')} is {value:g}; accepted are {least:g} and more")


def _from_video(args: argparse.Namespace) -> int:
    if not args.source or not args.output:
        raise ValueError(f"give the folder of the videos and -o: dystream corpus {FROM_VIDEO} VIDEOS -o FOLDER")
    from tqdm import tqdm

    from dystream_lab.corpus.video.build import build
    from dystream_lab.corpus.video.tracks import check_voices, count_pictures, find_videos
    from dystream_lab.released.landmark_reader import LandmarkReader
    from dystream_ros.cli.arguments import check_output_folder
    from dystream_ros.cli.missing_packages import require

    videos = find_videos(args.source)
    counts = count_pictures(videos)
    for video in videos:
        check_voices(video, at_least=2)
    require("mediapipe", "reading the faces of videos")
    check_output_folder(args.output)
    seconds, done = 0.0, 0
    with LandmarkReader() as reader, tqdm(total=sum(counts.values()), unit="picture", disable=None) as bar:
        for progress in build(args.output, videos, reader.detect, args.face_track):
            bar.set_description(progress.video.name)
            bar.update(done + progress.pictures - bar.n)
            if progress.seconds is None:
                continue
            seconds += progress.seconds
            done += counts[progress.video]
            if progress.reason:
                bar.write(f"left out {progress.video}: {progress.reason}")
    print(f"{seconds / 60:.1f} min of {len(videos)} videos in {args.output}; next: dystream train {args.output}")
    return 0


def _statistics(args: argparse.Namespace) -> int:
    if not args.source:
        raise ValueError(f"give the folder of the corpus: dystream corpus {STATISTICS} FOLDER")
    import json

    from tqdm import tqdm

    from dystream_lab.corpus.dataset import ConversationDataset
    from dystream_lab.evaluation.reports.corpus_statistics import clips_within, count, summarise, table
    from dystream_lab.whole_files import write_text
    from dystream_ros.cli.arguments import check_output

    dataset = ConversationDataset(args.source, "train")
    if args.json:
        check_output(args.json)
    clips = clips_within(dataset, args.hours)
    counted = tqdm(count(dataset, args.hours), total=clips, unit="clip", disable=None)
    faces = [face for of_clip in counted for face in of_clip]
    summary = summarise(faces)
    hours = sum(entry["frames"] for entry in dataset.entries[:clips]) / dataset.frames_per_second / 3600
    print(
        f"{len(faces)} faces in the first {clips} clips to train on, {hours:.2f} h of conversation, in {args.source}\n"
    )
    print(table(summary))
    if args.json:
        known = {name: [None if value != value else value for value in values] for name, values in summary.items()}
        figures = {"clips": clips, "faces": len(faces), "hours": hours, "all, 5th, 95th percentile": known}
        write_text(args.json, json.dumps(figures, indent=1) + "\n")
        print(f"wrote {args.json}")
    return 0


def _make_demo(folder: Path, styles: Path) -> int:
    from dystream_lab.corpus.demo_conversation import make
    from dystream_lab.speech.engines.catalogue import create

    print(f"wrote {make(create('kokoro', styles), folder)}")
    return 0


def _synthesize(cache, engines: list[str], seconds: float, seed: int, styles: Path) -> None:
    from tqdm import tqdm

    from dystream_lab.speech.engines.catalogue import SHARES, gather

    total = sum(SHARES[engine] for engine in engines)
    for engine in engines:
        wanted = seconds * SHARES[engine] / total
        with tqdm(total=round(wanted), desc=f"speech of {engine}", unit="s", disable=None) as bar:
            for made in gather(engine, cache, wanted, seed, styles):
                bar.update(min(round(made), bar.total) - bar.n)


def _build(folder: Path, cache, plan) -> None:
    from tqdm import tqdm

    from dystream_lab.corpus.corpus import build

    clips = build(folder, cache, plan)
    for _ in tqdm(clips, total=len(plan.clips()), desc="conversations", unit="clip", disable=None):
        pass
    sources = ", ".join(f"{engine} {hours:.2f}" for engine, hours in cache.hours().items())
    print(f"{plan.hours:g} h to train on and {plan.valid_hours:g} h of other voices in {folder}")
    print(f"from {sum(cache.hours().values()):.2f} h of distinct speech: {sources}")
