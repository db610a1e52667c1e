"""dystream train-sync: train the network of the sync score on a corpus.

`lips` trains the towers of sound and lips, `render` renders mouths of the corpus with many faces, lights and codecs,
`pictures` trains the tower of mouths beside the other two. Each continues when it is repeated. The weights in use stay
unchanged; docs/sync.md is their card.
"""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream train-sync lips corpus/first --run runs/sync            minutes on one core
  dystream train-sync render corpus/first --run runs/sync          24 clips of 12 s; 25 to 40 ms per picture
  dystream train-sync pictures --run runs/sync                     minutes on one core
  dystream train-sync render corpus/first --run runs/sync --portraits me.face you.face --clips 8    more faces
  dystream evaluate sync talk.mp4 --weights runs/sync              use the new weights

To install the new weights, copy runs/sync/lips.safetensors and mouths.safetensors into dystream_lab/assets/sync/.
Rendering finds the mouths with MediaPipe; in the checkout: pip install '.[portrait]'
"""
STAGES = ("lips", "render", "pictures")
# Shipped portraits in which the landmarker finds a face. The last two are not trained on: they judge the others.
PORTRAITS = ("ada", "amara", "astronaut", "henrik", "leo", "lumi", "kofi", "mei")
HELD_OUT = PORTRAITS[-2:]
_SAVE_EVERY = 50  # steps


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.usage = (
        "dystream train-sync lips CORPUS --run FOLDER [options]\n       dystream train-sync render CORPUS --run FOLDER "
        "[options]\n       dystream train-sync pictures --run FOLDER [options]"
    )
    parser.add_argument("stage", metavar="STAGE", help=f"one of {', '.join(STAGES)}")
    parser.add_argument(
        "corpora", type=Path, nargs="*", metavar="CORPUS", help="folder that dystream corpus made; several for lips"
    )
    parser.add_argument(
        "--run", type=Path, required=True, metavar="FOLDER", help="folder of weights and rendered mouths"
    )
    parser.add_argument("--steps", type=int, help="training steps (default 1200 of lips, 400 of pictures)")
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of weights, batches and pictures (default %(default)s)"
    )
    group = parser.add_argument_group("lips")
    group.add_argument(
        "--window", type=int, default=5, metavar="N", help="frames of a window, odd (default %(default)s)"
    )
    group.add_argument("--hours", type=float, default=5.0, help="most hours of each corpus (default %(default)s)")
    group = parser.add_argument_group("render")
    group.add_argument("--clips", type=int, default=24, help="clips of 12 s to render (default %(default)s)")
    group.add_argument(
        "--portraits",
        nargs="+",
        default=list(PORTRAITS),
        metavar="NAME",
        help="shipped portraits or .face files, in turn (default %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros.cli.arguments import check_output_folder

    if args.stage not in STAGES:
        raise ValueError(f"no stage {args.stage!r}; there are {', '.join(STAGES)}")
    for name in ("steps", "clips"):
        if (value := getattr(args, name)) is not None and value < 1:
            raise ValueError(f"--{name} is {value}; accepted are 1 and more")
    if (args.stage == "pictures") == bool(args.corpora):
        wanted = "reads the rendered mouths of --run, and no corpus" if args.corpora else "needs the folder of a corpus"
        raise ValueError(f"the stage {args.stage} {wanted}")
    if args.stage == "render" and len(args.corpora) > 1:
        raise ValueError(f"the stage render reads one corpus; got {len(args.corpora)}")
    for corpus in args.corpora:
        from dystream_lab.corpus.dataset import ConversationDataset

        ConversationDataset(corpus, "train")
    check_output_folder(args.run)
    return {"lips": _lips, "render": _render, "pictures": _pictures}[args.stage](args)


def _lips(args: argparse.Namespace) -> int:
    import torch

    from dystream_lab.sync import judging, weights
    from dystream_lab.sync.batches import Segments, talks_of_corpus
    from dystream_lab.sync.towers import SyncConfig
    from dystream_lab.sync.training import SyncNetwork, Trainer

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    network = SyncNetwork(SyncConfig(window=args.window))
    talks = [talk for corpus in args.corpora for talk in talks_of_corpus(corpus, args.hours)]
    trainer = Trainer(network, Segments(talks), args.steps or 1200, args.seed)
    _train(trainer, args.run, "lips")
    path = args.run / "lips.safetensors"
    weights.save_lips(network, path)
    print(judging.described(judging.judge_lips(weights.load(path), args.corpora)))
    print(f"wrote {path}")
    return 0


def _render(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from dystream_lab.sync.rendered import render
    from dystream_ros.cli.missing_packages import require
    from dystream_ros.cli.picture_options import check_portrait

    require("mediapipe", "finding mouths in pictures")
    for name in args.portraits:
        check_portrait(name)
    folder = args.run / "mouths"
    made = render(args.corpora[0], folder, args.portraits, args.clips, args.seed)
    kept = 0
    bar = tqdm(made, total=args.clips, unit="clip", disable=None)
    for clip in bar:
        kept += not clip.reason
        if clip.reason:
            bar.write(f"left out {clip.path.name}: {clip.reason}")
    print(f"{kept} clips in {folder}; next: dystream train-sync pictures --run {args.run}")
    return 0


def _pictures(args: argparse.Namespace) -> int:
    import torch

    from dystream_lab.sync import judging, weights
    from dystream_lab.sync.batches import Segments, talks_of_mouths
    from dystream_lab.sync.towers import MouthTower
    from dystream_lab.sync.training import Trainer

    torch.set_num_threads(1)
    lips, path = args.run / "lips.safetensors", args.run / "mouths.safetensors"
    network = weights.load(lips).requires_grad_(False)
    torch.manual_seed(args.seed)
    network.mouths = MouthTower(network.config)
    folder = args.run / "mouths"
    talks = list(talks_of_mouths(folder, lambda name: not name.endswith(HELD_OUT)))
    trainer = Trainer(network, Segments(talks), args.steps or 400, args.seed)
    _train(trainer, args.run, "mouths")
    weights.save_mouths(network, path, lips)
    print(judging.described(judging.judge_mouths(weights.load(lips, path), folder, HELD_OUT)))
    print(f"wrote {path}")
    return 0


def _train(trainer, run: Path, name: str) -> None:
    from tqdm import tqdm

    from dystream_lab.training.state_file import refuse_former

    checkpoint = run / f"{name}-checkpoint.safetensors"
    if checkpoint.exists():
        trainer.restore(checkpoint)
    else:
        refuse_former(run / f"{name}.pt")
    bar = tqdm(trainer.train(), initial=trainer.step, total=trainer.steps, unit="step", disable=None)
    for step in bar:
        bar.set_postfix(loss=f"{step.loss:.3f}", found=f"{step.found:.2f}", refresh=False)
        if trainer.step % _SAVE_EVERY == 0:
            trainer.save(checkpoint)
    trainer.save(checkpoint)
