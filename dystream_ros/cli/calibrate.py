"""dystream calibrate: named coefficients and head pose for the published model's latent motions."""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream portrait prepare me.jpg -o me.face         the same photo, drawn to teach the landmarker
  dystream calibrate --model released.yaml --speech corpus/speech --face me.face
  dystream calibrate --model released.yaml --speech corpus/speech        by the landmarker's scores alone, much weaker
The model file names a portrait with a neutral face; the pose is relative to it. Needs mediapipe.
"""


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declares the command."""
    parser = subparsers.add_parser(
        "calibrate",
        help="fit named coefficients to the published model's latent motions",
        description="Draws motions that the model makes of speech, reads coefficients and head pose off the pictures "
        "with a face landmarker, and fits a ridge regression from the 64 directions that reach the picture.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", type=Path, required=True, help="model file with a portrait")
    parser.add_argument("--speech", type=Path, required=True, help="folder of sound files, any speech")
    parser.add_argument("--face", metavar="FILE", help="the portrait as a .face file, to teach the landmarker first")
    parser.add_argument("--lessons", type=int, default=2000, help="pictures that teach it (default %(default)s)")
    parser.add_argument("--motions", type=int, default=2000, help="pictures to read (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=400.0, help="of speech to move to (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the motion (default %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    import numpy as np
    from tqdm import tqdm

    from dystream_ros.models.released.loading import load, load_renderer
    from dystream_ros.models.released.model_file import read_model_file
    from dystream_ros.models.released.readout import READOUT_FILE
    from dystream_ros.models.released.weights import load_autoencoder
    from dystream_ros.training.released.calibration import LEAST_PICTURES, calibrate
    from dystream_ros.training.released.landmark_reader import LandmarkReader
    from dystream_ros.training.released.speech import read_speech

    file = read_model_file(args.model)
    if file.portrait is None:
        raise ValueError(f"{args.model} names no portrait; calibration draws one: add `portrait: photo.jpg`")
    model = load(args.model)
    speech = read_speech(args.speech, 2 * args.seconds)
    half = len(speech) // 2
    made = list(model.offline(speech[:half], speech[half:], args.seed))
    if len(made) < LEAST_PICTURES:
        raise ValueError(f"{args.speech} gives {len(made)} frames of motion; give at least {LEAST_PICTURES}")
    chosen = np.linspace(0, len(made) - 1, min(args.motions, len(made))).astype(int)
    motions = np.stack([made[index].latent for index in chosen])
    weight, bias = load_autoencoder(file.weights).flow_estimator.affine()
    values, pose = np.zeros(52, np.float32), np.zeros(6, np.float32)
    with (
        load_renderer(args.model) as renderer,
        LandmarkReader() as landmarker,
        tqdm(total=len(motions) + (args.lessons if args.face else 0), unit="picture", disable=None) as bar,
    ):
        reader = _taught(landmarker, args.face, args.lessons, bar) if args.face else landmarker
        neutral = renderer.render(values, pose, model.anchor.numpy())
        reader.set_neutral(neutral)

        def draw(motion: np.ndarray) -> np.ndarray:
            bar.update()
            return renderer.render(values, pose, motion)

        calibration = calibrate(motions, weight, bias, draw, reader.read)
    path = file.weights / READOUT_FILE
    calibration.readout.save(path)
    path.with_suffix(".md").write_text(calibration.table())
    print(calibration.table())
    print(f"{calibration.lost} of {calibration.pictures} pictures had no face; wrote {path}")
    return 0


def _taught(landmarker, face: str, lessons: int, bar):
    """A reader that was taught the face by pictures of the mesh renderer."""
    from dystream_ros.rendering import open_renderer
    from dystream_ros.training.released.taught_reader import TaughtReader

    renderer = open_renderer(face, 512, 512)

    def draw(values, pose):
        bar.update()
        return renderer.render(values, pose)

    try:
        return TaughtReader.teach(landmarker, draw, lessons)
    finally:
        renderer.close()
