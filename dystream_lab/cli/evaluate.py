"""dystream evaluate: measure a model, or motion made elsewhere, on voices it was not trained on.

Streams labelled speech through a model that is fed its own motion, and prints a table with 95 % intervals over
utterances and seeds, beside bounds, baselines and peers. docs/evaluation.md defines the measures.
"""

import argparse
import functools
import json
import math
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from dystream_lab.whole_files import write_text

EXAMPLES = """examples:
  dystream evaluate --corpus corpus/first                            lips, stillness, listening of the shipped model
  dystream evaluate lips --sets valid --corpus corpus/first --model runs/first/model.safetensors --rows
  dystream evaluate chance loop endurance picture --corpus corpus/first   slower ones; endurance streams an hour
  dystream evaluate lips --sets valid --corpus corpus/first --rows --setting lip_flow=1 --setting steps=3   ablations
  dystream evaluate lips --sets synthetic real --json lips.json --pictures build/pictures
  dystream evaluate faces recordings --model compact                 videos of people who talk, beside the model
  dystream evaluate sync talk.mp4 visit_0 motion.csv                 sync score of videos, bags, motion with sound
  dystream evaluate sync --sets synthetic real --json sync.json      sync score of every row
  dystream evaluate lips --sets real --sounds build/sounds           write the recordings, make motion for each, then
  dystream evaluate lips --sets real --motion build/theirs           measure it: build/theirs/real/NAME.csv or .npz

The speech of the synthetic set is synthesized on this machine with flite, festival and, in the checkout,
pip install '.[train,evaluate]'; the real recordings come from Debian packages, fetched with apt-get. Both stay in
--cache.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    from dystream_lab.cli import evaluate_sync
    from dystream_lab.cli.evaluate_faces import FACES
    from dystream_lab.evaluation.reports.sections import DEFAULTS, SECTIONS
    from dystream_lab.evaluation.rows.catalogue import BASELINES

    names = ("lips", *SECTIONS)
    parser.add_argument(
        "sections",
        nargs="*",
        metavar="SECTION",
        help=f"of {', '.join(names)} (default: {', '.join(DEFAULTS)}); or {FACES} and a folder of videos; or "
        f"{evaluate_sync.SYNC}, alone or with files",
    )
    parser.add_argument(
        "--model", nargs="+", default=["compact"], help="names or .safetensors files (default %(default)s)"
    )
    parser.add_argument(
        "--sets",
        nargs="+",
        default=["valid", "synthetic", "real", "russian"],
        metavar="SET",
        help="speech on which lips are measured (default %(default)s)",
    )
    parser.add_argument(
        "--rows",
        nargs="*",
        default=list(BASELINES),
        metavar="ROW",
        help="what lips are compared with; also stillness and loop, for rows that do not receive phones "
        "(default %(default)s)",
    )
    parser.add_argument(
        "--setting",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="replace a setting of the sampler of compact, as in dystream average --help",
    )
    parser.add_argument(
        "--seeds", type=int, default=3, help="number of runs with different seeds (default %(default)s)"
    )
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="use every Nth recording of the sets (default %(default)s)"
    )
    parser.add_argument(
        "--corpus", type=Path, metavar="FOLDER", help="corpus of dystream corpus, with validation voices"
    )
    parser.add_argument(
        "--clips", type=int, default=12, help="number of conversations of the corpus (default %(default)s)"
    )
    parser.add_argument(
        "--motion", type=Path, nargs="+", default=[], metavar="FOLDER", help="motion made elsewhere, to measure"
    )
    parser.add_argument(
        "--sounds",
        type=Path,
        metavar="FOLDER",
        help="write the recordings of the sets to this folder, and nothing else",
    )
    parser.add_argument(
        "--face-track",
        type=int,
        choices=(1, 2),
        default=1,
        help=f"after {FACES}: the track of the person in the picture, where a video has two (default %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures and curves to this file")
    parser.add_argument(
        "--pictures", type=Path, metavar="FOLDER", help="also draw curves over the sound into this folder"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path("build/evaluation"),
        metavar="FOLDER",
        help="speech and videos (default %(default)s)",
    )
    evaluate_sync.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    import torch

    from dystream_lab.cli import evaluate_faces, evaluate_sync
    from dystream_lab.evaluation.reports.sections import DEFAULTS, SECTIONS, Setting, bars
    from dystream_lab.evaluation.reports.tables import table

    wanted = args.sections or DEFAULTS
    torch.set_num_threads(1)
    if wanted[0] == evaluate_faces.FACES:
        return evaluate_faces.run(args)
    if wanted[0] == evaluate_sync.SYNC:
        return evaluate_sync.run(args)
    check(args, wanted)
    if args.sounds:
        return _write_sounds(args)
    report = head(args)
    settings: dict[str, Setting] = {}
    for section in wanted:
        if section == "lips":
            _lips(args, report)
            continue
        summaries = {}
        for name in args.model:
            if name not in settings:
                # The rows are the same for every model.
                rows = () if settings else tuple(args.rows)
                settings[name] = Setting(
                    network(name, args.setting), args.seeds, args.corpus, args.clips, args.cache, rows
                )
            made = SECTIONS[section](settings[name])
            summaries |= {row.replace("model", name, 1): summary for row, summary in made.items()}
        print(table(section, summaries, bars(section)), end="\n\n", flush=True)
        report[section] = summaries
        # After each section: they take hours, and a later one may fail or be stopped.
        if args.json:
            write(args.json, report)
    return 0


def check(args: argparse.Namespace, wanted: Sequence[str]) -> None:
    """Checks the arguments before a model or speech is loaded, the corpus first."""
    from dystream_lab.corpus.dataset import ConversationDataset
    from dystream_lab.evaluation.reports.sections import SECTIONS
    from dystream_lab.evaluation.rows.catalogue import BASELINES
    from dystream_lab.evaluation.sets.catalogue import SETS
    from dystream_ros.cli.arguments import check_folder, check_model, check_output, check_output_folder
    from dystream_ros.cli.missing_packages import require

    clips = min(args.clips, len(ConversationDataset(args.corpus, "valid"))) if args.corpus is not None else 0
    for what, given, known in (
        ("section", wanted, ("lips", *SECTIONS)),
        ("set", args.sets, SETS),
        ("row", args.rows, BASELINES),
    ):
        for name in given:
            if name not in known:
                raise ValueError(f"no {what} {name!r}; there are {', '.join(known)}")
    for name in ("seeds", "every", "clips"):
        if getattr(args, name) < 1:
            raise ValueError(f"--{name} is {getattr(args, name)}; accepted are 1 and more")
    others = [name for name in wanted if name != "lips" and not args.sounds]
    lips = "lips" in wanted or args.sounds is not None
    if args.corpus is None and (others or (lips and "valid" in args.sets)):
        raise ValueError(
            "conversations of validation voices are read from a corpus: give --corpus FOLDER, or only the section lips "
            "and --sets without valid"
        )
    if "listening" in others and clips == 1:
        raise ValueError(
            "listening compares a partner with those of other conversations, and there is one: give --clips 2 or more, "
            "and a corpus with as many clips of validation voices"
        )
    for name in args.model:
        check_model(name)
    for folder in args.motion:
        check_folder(folder, "motion made elsewhere")
    if args.json:
        check_output(args.json)
    for folder in (args.sounds, args.pictures, args.cache):
        if folder is not None:
            check_output_folder(folder)
    if args.sounds is None and "openfacefx" in args.rows and {"lips", "stillness", "loop"}.intersection(wanted):
        require("openfacefx", "the row openfacefx")


def head(args: argparse.Namespace) -> dict:
    """Models, weights and settings of this run, for the report."""
    run = {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "weights": {name: _loaded(name).weights_sha256 for name in args.model},
        "every": args.every,
        "clips": args.clips,
    }
    index = args.corpus and args.corpus / "index.json"
    if index and index.exists():
        run["corpus"] = json.loads(index.read_text())["settings"]
    return {"models": args.model, "seeds": args.seeds, "settings": args.setting, "run": run}


@functools.cache
def _loaded(name: str):
    from dystream_ros.models.registry import load_model

    return load_model(name)


def network(name: str, settings: list[str]):
    """A model with other settings of its sampler; raises ValueError for a model without this sampler."""
    from dystream_ros.models.compact.model import CompactModel

    network = _loaded(name).network
    if settings:
        if not isinstance(network, CompactModel):
            raise ValueError(f"{name} does not have the sampler of compact; leave out --setting")
        network.config = network.config.sampled_with(settings)
    return network


def sets(args: argparse.Namespace) -> dict:
    """The utterances of the requested sets by name."""
    from dystream_lab.evaluation.sets import catalogue

    return {name: catalogue.load(name, args.cache, args.corpus)[:: args.every] for name in args.sets}


def _write_sounds(args: argparse.Namespace) -> int:
    from dystream_lab.evaluation.sets import catalogue

    for name, utterances in sets(args).items():
        catalogue.write_sounds(utterances, args.sounds)
        print(f"wrote {len(utterances)} recordings to {args.sounds / name}")
    return 0


def _lips(args: argparse.Namespace, report: dict) -> None:
    """Prints the table of each set and adds it to the report."""
    from dystream_lab.evaluation.reports import comparison
    from dystream_lab.evaluation.reports.tables import table
    from dystream_lab.evaluation.rows import catalogue
    from dystream_lab.evaluation.rows.files import FilesRow
    from dystream_lab.evaluation.rows.model import ModelRow

    rows = [ModelRow(name, network(name, args.setting), args.seeds) for name in args.model]
    rows += [FilesRow(folder) for folder in args.motion]
    rows += catalogue.create_all(args.rows, args.seeds, args.cache)
    given = sets(args)
    found = report["lips"] = {}
    for group, by_row in comparison.compare(rows, given):
        minutes = sum(utterance.frames for utterance in given[group]) / 25 / 60
        title = f"lips, {group}: {len(given[group])} utterances, {minutes:.1f} min"
        summaries = {name: result.summary for name, result in by_row.items()}
        print(table(title, summaries, comparison.BARS.get(group)), end="\n\n", flush=True)
        found[group] = {name: result.as_json() for name, result in by_row.items()}
        if args.json:
            write(args.json, report)
        if args.pictures:
            from dystream_lab.evaluation.reports import pictures

            pictures.draw(group, by_row, given[group], args.pictures)


def write(path: Path, report: dict) -> None:
    """Writes a report of figures as JSON; a figure that is not known (NaN) is null."""
    write_text(path, json.dumps(_known(report), indent=1, allow_nan=False) + "\n")


def _known(part: object) -> object:
    """A report with null instead of NaN and infinity, which are no JSON."""
    if isinstance(part, dict):
        return {name: _known(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_known(value) for value in part]
    return None if isinstance(part, float) and not math.isfinite(part) else part
