"""dystream train-autoencoder: stage 1 of the published model, from pictures of faces.

Renders clips of faces or reads those of a folder of videos, trains the autoencoder on them, measures it, and writes the
motion codes that stage 2 is trained on. Every command continues when it is repeated. See docs/training.md.
"""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream train-autoencoder faces faces/ --count 100                        random characters; minutes per ten
  dystream train-autoencoder clips clips/rendered --preset small --sets 2000 --portraits lumi ada faces/*.face
  dystream train-autoencoder from-video recordings/ -o clips/own --preset small
  dystream train-autoencoder train clips/rendered clips/own --run runs/stage1 --preset small
  torchrun --nproc-per-node 8 -m -- dystream_ros.cli train-autoencoder train clips/own --run runs/full --preset \\
      published
  dystream train-autoencoder measure runs/stage1 clips/rendered --sheet sheet.png
  dystream train-autoencoder latents runs/stage1 corpus/first -o latents/first
"""
PRESET_NAMES = ("tiny", "small", "published")
PICTURES = (".png", ".jpg")
_UNSEEN = ("mei", "astronaut")
_SEEN = ("lumi", "ada", "kofi", "amara", "leo", "henrik")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the actions."""
    actions = parser.add_subparsers(dest="action", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(
            name, help=text, description=text, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
        )

    _add_data(action)
    _add_training(action("train", "train on clips, or continue a run"))
    measure = action("measure", "PSNR, SSIM, landmark error and flicker on clips for validation")
    measure.add_argument("run_folder", type=Path, metavar="RUN", help="folder with renderer.safetensors")
    measure.add_argument("clips", type=Path, nargs="+", metavar="CLIPS", help="folders of clips")
    measure.add_argument("--most", type=int, default=16, help="most sets to measure (default %(default)s)")
    measure.add_argument("--sheet", type=Path, metavar="FILE", help="also draw the faces into this PNG or JPEG file")
    measure.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    latents = action("latents", "write the motion codes of a corpus, for stage 2")
    latents.add_argument("run_folder", type=Path, metavar="RUN", help="folder with renderer.safetensors")
    latents.add_argument("corpus", type=Path, metavar="CORPUS", help="folder that dystream corpus made")
    latents.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="made if missing")
    latents.add_argument("--face", default="lumi", metavar="NAME", help="portrait to draw (default %(default)s)")


def _add_data(action) -> None:
    faces = action("faces", "make .face files of random characters")
    faces.add_argument("folder", type=Path, metavar="FOLDER", help="made if missing")
    faces.add_argument("--count", type=int, default=20, help="number of characters (default %(default)s)")
    faces.add_argument("--first", type=int, default=0, help="number of the first (default %(default)s)")
    clips = action("clips", "render clips of portraits in random light, before random backgrounds")
    clips.add_argument("folder", type=Path, metavar="FOLDER", help="made if missing")
    _add_preset(clips)
    clips.add_argument(
        "--sets", type=int, default=400, help="number of sets: the same motion of some faces (default %(default)s)"
    )
    clips.add_argument("--frames", type=int, default=24, help="pictures of a clip (default %(default)s)")
    clips.add_argument("--gap", type=int, default=5, help="frames between two pictures (default %(default)s)")
    clips.add_argument("--together", type=int, default=2, help="faces of a set (default %(default)s)")
    clips.add_argument(
        "--portraits", nargs="+", default=list(_SEEN), metavar="NAME", help="names or .face files (default %(default)s)"
    )
    clips.add_argument(
        "--unseen",
        nargs="*",
        default=list(_UNSEEN),
        metavar="NAME",
        help="portraits for validation alone (default %(default)s)",
    )
    clips.add_argument(
        "--corpus", type=Path, metavar="FOLDER", help="take the motion from this corpus (default: random motion)"
    )
    clips.add_argument("--seed", type=int, default=0, help="seed of everything (default %(default)s)")
    clips.add_argument("--sheet", type=Path, metavar="FILE", help="also draw some clips into this PNG or JPEG file")
    videos = action("from-video", "cut clips of faces from a folder of videos")
    videos.add_argument("videos", type=Path, metavar="VIDEOS", help="folder of videos")
    videos.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="made if missing")
    _add_preset(videos)


def _add_preset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", choices=PRESET_NAMES, default="small", help="sizes (default %(default)s)")


def _add_training(train: argparse.ArgumentParser) -> None:
    train.add_argument("clips", type=Path, nargs="+", metavar="CLIPS", help="folders of clips")
    train.add_argument(
        "--run", dest="run_folder", type=Path, metavar="FOLDER", required=True, help="folder of this run; continued"
    )
    _add_preset(train)
    train.add_argument(
        "--half", action="store_true", help="pictures of half the size, to begin with; see --start (small: 64 pixels)"
    )
    train.add_argument("--start", default="", metavar="RUN", help="begin with the weights of a run, e.g. one of --half")
    train.add_argument("--steps", type=int, help="number of batches (default: the preset's)")
    train.add_argument("--batch", type=int, help="samples of a batch and process (default: the preset's)")
    train.add_argument("--rate", type=float, help="learning rate (default: the preset's)")
    train.add_argument("--adversarial", choices=("none", "nonsaturating", "hinge"), help="(default: the preset's)")
    train.add_argument("--adversarial-from", type=int, metavar="STEP", help="its first step (default: the preset's)")
    train.add_argument("--vgg", default="", metavar="FILE", help="VGG19's weights (safetensors) for a perceptual loss")
    train.add_argument("--precision", choices=("float32", "bfloat16"), help="(default: the preset's)")
    train.add_argument("--save-every", type=int, metavar="STEPS", help="between checkpoints (default: the preset's)")
    train.add_argument("--seed", type=int, default=0, help="seed of weights, samples and noise (default %(default)s)")
    train.add_argument("--device", default="auto", help="auto (a GPU if available), cpu, cuda (default %(default)s)")
    train.add_argument("--threads", type=int, default=1, help="CPU threads (default %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Runs an action."""
    actions = {
        "faces": _faces,
        "clips": _clips,
        "from-video": _from_video,
        "train": _train,
        "measure": _measure,
        "latents": _latents,
    }
    return actions[args.action](args)


def _at_least(value: int, least: int, option: str) -> None:
    if value < least:
        raise ValueError(f"{option} is {value}; accepted are {least} and more")


def _faces(args: argparse.Namespace) -> int:
    from dystream_ros.cli.arguments import check_output_folder

    _at_least(args.count, 1, "--count")
    _at_least(args.first, 0, "--first")
    check_output_folder(args.folder)
    from tqdm import tqdm

    from dystream_lab.autoencoder.faces import make_faces

    for _ in tqdm(make_faces(args.folder, args.count, args.first), total=args.count, unit="face", disable=None):
        pass
    print(args.folder)
    return 0


def _clips(args: argparse.Namespace) -> int:
    from dystream_ros.cli.arguments import check_output, check_output_folder
    from dystream_ros.cli.missing_packages import require
    from dystream_ros.rendering.portrait import find_portrait

    for value, least, option in (
        (args.sets, 2, "--sets"), (args.frames, 3, "--frames"), (args.gap, 1, "--gap"),
        (args.together, 1, "--together"),
    ):  # fmt: skip
        _at_least(value, least, option)
    for name in (*args.portraits, *args.unseen):
        find_portrait(name)
    check_output_folder(args.folder)
    if args.sheet:
        check_output(args.sheet, PICTURES)
    require("mediapipe", "finding the landmarks of the faces")
    from tqdm import tqdm

    from dystream_lab.autoencoder.data.clips import stored_size
    from dystream_lab.autoencoder.data.motions import corpus_motion, random_motion
    from dystream_lab.autoencoder.data.rendered import Cast, Rendering, render_sets
    from dystream_lab.autoencoder.latents import find_with
    from dystream_lab.autoencoder.presets import PRESETS
    from dystream_ros.models.released.files.masked_portrait import CROP
    from dystream_ros.portraits.landmarks import Landmarker

    motions = corpus_motion(args.corpus) if args.corpus else random_motion
    size = stored_size(PRESETS[args.preset].network.image, CROP)
    settings = Rendering(size, args.frames, args.gap, args.together, args.seed)
    source = str(args.corpus) if args.corpus else "random"
    with Landmarker() as landmarker:
        cast = Cast(args.portraits, args.unseen, find_with(landmarker))
        made = render_sets(args.folder, args.sets, cast, settings, motions, source)
        for _ in tqdm(made, total=args.sets, unit="set", disable=None):
            pass
    print(args.folder)
    if args.sheet:
        from dystream_lab.autoencoder.data.clips import ClipFolder
        from dystream_lab.autoencoder.sheet import clip_sheet, write_picture

        write_picture(args.sheet, clip_sheet(ClipFolder([args.folder], "train"), PRESETS[args.preset].network.image))
        print(args.sheet)
    return 0


def _from_video(args: argparse.Namespace) -> int:
    from dystream_lab.corpus.video.tracks import find_videos
    from dystream_ros.cli.arguments import check_output_folder
    from dystream_ros.cli.missing_packages import require

    videos = find_videos(args.videos)
    check_output_folder(args.output)
    require("mediapipe", "finding faces in videos")
    from tqdm import tqdm

    from dystream_lab.autoencoder.data.clips import stored_size
    from dystream_lab.autoencoder.data.from_video import VIDEO_FACES, build, refusals
    from dystream_lab.autoencoder.presets import PRESETS
    from dystream_lab.corpus.video.tracks import picture_count
    from dystream_ros.models.released.files.masked_portrait import CROP
    from dystream_ros.portraits.landmarks import FaceLandmarker

    size = stored_size(PRESETS[args.preset].network.image, CROP)
    total = sum(picture_count(video) for video in videos)
    with FaceLandmarker(most_faces=VIDEO_FACES) as landmarker, tqdm(total=total, unit="picture", disable=None) as bar:
        for pictures in build(args.output, videos, landmarker.find, size):
            bar.update(pictures)
    print(refusals(args.output))
    return 0


def _train(args: argparse.Namespace) -> int:
    from dystream_ros.cli.arguments import check_file, check_folder, check_output_folder

    if args.vgg:
        check_file(Path(args.vgg), "weights of VGG19")
    if args.start:
        check_folder(Path(args.start), "run to begin with")
    check_output_folder(args.run_folder)
    from dataclasses import replace

    from dystream_lab.autoencoder.presets import PRESETS, halved
    from dystream_lab.autoencoder.train import train

    preset = PRESETS[args.preset]
    optional = ("steps", "batch", "rate", "adversarial", "adversarial_from", "precision", "save_every")
    given = {name: getattr(args, name) for name in optional if getattr(args, name) is not None}
    always = {name: getattr(args, name) for name in ("seed", "device", "threads", "vgg", "start")}
    config = replace(preset.training, **given, **always)
    weights = train(args.clips, args.run_folder, config, halved(preset.network) if args.half else preset.network)
    print(f"weights: {weights}; losses: {args.run_folder / 'curves.png'}; faces: {args.run_folder / 'samples'}")
    return 0


def _measure(args: argparse.Namespace) -> int:
    from dystream_ros.cli.arguments import check_output
    from dystream_ros.cli.missing_packages import require

    _at_least(args.most, 1, "--most")
    require("mediapipe", "finding the landmarks of the painted faces")
    for path, kinds in ((args.sheet, PICTURES), (args.json, ())):
        if path:
            check_output(path, kinds)
    import json

    from tqdm import tqdm

    from dystream_lab.autoencoder.data.clips import ClipFolder
    from dystream_lab.autoencoder.latents import find_with
    from dystream_lab.autoencoder.measures.reenactment import as_json, mean_rows, measure, table
    from dystream_lab.autoencoder.sheet import stacked, write_picture
    from dystream_ros.models.released.files.weights import load_autoencoder
    from dystream_ros.portraits.landmarks import Landmarker

    autoencoder = load_autoencoder(args.run_folder)
    clips = ClipFolder(args.clips, "valid")
    rows, pictures = [], []
    with Landmarker() as landmarker:
        measured = measure(autoencoder, clips, find_with(landmarker), args.most)
        for row, picture in tqdm(measured, total=min(args.most, len(clips)), unit="set", disable=None):
            rows += row
            pictures.append(picture)
    figures = mean_rows(rows)
    print(table(figures))
    if args.json:
        args.json.write_text(json.dumps(as_json(figures), indent=1) + "\n")
    if args.sheet:
        write_picture(args.sheet, stacked(pictures))
        print(args.sheet)
    return 0


def _latents(args: argparse.Namespace) -> int:
    from dystream_ros.cli.arguments import check_output_folder
    from dystream_ros.cli.missing_packages import require
    from dystream_ros.rendering.portrait import find_portrait

    find_portrait(args.face)
    check_output_folder(args.output)
    require("mediapipe", "finding the landmarks of the face")
    from tqdm import tqdm

    from dystream_lab.autoencoder.latents import frames_of, write_latents

    with tqdm(total=frames_of(args.corpus), unit="frame", disable=None) as bar:
        for frames in write_latents(args.run_folder, args.corpus, args.output, args.face):
            bar.update(frames)
    print(args.output)
    return 0
