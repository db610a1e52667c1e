"""dystream calibrate: fit named coefficients to the published model's latent motions.

Samples motions that the model makes from speech, reads coefficients and head pose from their pictures with a face
landmarker, and fits a ridge regression from the 64 latent directions that affect the picture.
"""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from dystream_lab.released.landmark_reader import LandmarkReader
    from dystream_lab.released.taught_reader import TaughtReader
    from dystream_ros.face.motion import MotionFrame
    from dystream_ros.models.released.streaming.model import ReleasedModel

CLIP_SECONDS = 20
EXAMPLES = """examples:
  dystream portrait prepare me.jpg -o me.face         the same photo, rendered to train the reader
  dystream calibrate --model released.yaml --speech corpus/speech --face me.face
  dystream calibrate --model released.yaml --speech corpus/speech        from the landmarker's scores alone, much weaker
The model file names a portrait with a neutral face; the pose is relative to it. Needs MediaPipe; in the
checkout: pip install '.[portrait]'
Ctrl-C stops it; the same command continues. A coefficient that the motions never move ("moves by" about 0 in the
table) cannot be fitted: give lively speech of several speakers.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("--model", type=Path, required=True, help="model file with a portrait")
    parser.add_argument("--speech", type=Path, required=True, help="folder of sound files, any speech")
    parser.add_argument("--face", metavar="FILE", help="the portrait as a .face file, to train the reader first")
    parser.add_argument("--lessons", type=int, default=4000, help="pictures to train the reader (default %(default)s)")
    parser.add_argument("--motions", type=int, default=4000, help="pictures to read (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=400.0, help="seconds of speech (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the motion (default %(default)s)")
    parser.add_argument(
        "--run",
        dest="folder",
        type=Path,
        metavar="FOLDER",
        help="folder of this run; continued if it exists (default: calibration beside the weights)",
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    import numpy as np
    from tqdm import tqdm

    from dystream_lab.released.calibration import LEAST_PICTURES, calibrate
    from dystream_lab.released.landmark_reader import LandmarkReader
    from dystream_lab.released.look_store import LookStore
    from dystream_lab.released.speech import read_speech
    from dystream_ros.cli.arguments import check_folder, check_model
    from dystream_ros.cli.missing_packages import require
    from dystream_ros.face.motion import MotionFrame
    from dystream_ros.models.released.files.loading import load, load_portrait, load_renderer, weights_sha256
    from dystream_ros.models.released.files.model_file import read_model_file
    from dystream_ros.models.released.files.readout import READOUT_FILE
    from dystream_ros.models.released.files.weights import load_autoencoder
    from dystream_ros.rendering.portrait import check_portrait

    check_model(str(args.model))
    check_folder(args.speech, "sound files")
    require("mediapipe", "the face landmarker")
    if args.face:
        check_portrait(args.face)
    file = read_model_file(args.model)
    if file.portrait is None:
        raise ValueError(f"{args.model} names no portrait, and calibration renders one: add `portrait: photo.jpg`")
    settings = {name: getattr(args, name) for name in ("face", "motions", "seconds", "seed")}
    settings |= {"speech": str(args.speech.resolve()), "model": repr(file), "weights": weights_sha256(args.model)}
    store = LookStore(args.folder or file.weights / "calibration", settings)

    def move() -> np.ndarray:
        model = load(args.model)
        latents = [
            frame.latent for frame in _conversations(model, read_speech(args.speech, 2 * args.seconds), args.seed)
        ]
        if len(latents) < LEAST_PICTURES:
            raise ValueError(f"{args.speech} gives {len(latents)} frames of motion; give at least {LEAST_PICTURES}")
        return np.stack(latents)[np.linspace(0, len(latents) - 1, min(args.motions, len(latents))).astype(int)]

    motions = store.array("motions", move)
    weight, bias = load_autoencoder(file.weights).flow_estimator.affine()
    with ExitStack() as opened:
        renderer = opened.enter_context(load_renderer(args.model))

        def picture(latent: np.ndarray) -> np.ndarray:
            return renderer.render(MotionFrame(0, np.zeros(52, np.float32), np.zeros(6, np.float32), latent=latent))

        landmarker = opened.enter_context(LandmarkReader())
        taught = _taught(landmarker, args.face, args.lessons, opened) if args.face else None
        reader = taught or landmarker
        reader.set_neutral(picture(load_portrait(file).code.numpy()))
        looks = store.looks(len(motions), lambda index: reader.look(picture(motions[index])))
        looks = list(tqdm(looks, total=len(motions), desc="pictures", unit="picture", disable=None))
        calibration = calibrate(motions, weight, bias, looks, reader.numbers, taught.expect if taught else None)
    path = file.weights / READOUT_FILE
    calibration.readout.save(path)
    path.with_suffix(".md").write_text(calibration.table())
    print(calibration.table())
    print(f"{calibration.lost} of {calibration.pictures} pictures showed no face; wrote {path}")
    return 0


def _conversations(model: "ReleasedModel", speech: "np.ndarray", seed: int) -> "Iterator[MotionFrame]":
    """Frames of the published offline inference: the first half of `speech` (samples,) against the second, by clips.

    The clips are short because the encoders attend to their whole input and were trained on utterances.
    """
    from tqdm import tqdm

    from dystream_ros.models.released.networks.configuration import HOP, SAMPLE_RATE

    half, length = len(speech) // 2, CLIP_SECONDS * SAMPLE_RATE
    with tqdm(total=-(-half // HOP), desc="motion", unit="frame", disable=None) as bar:
        for start in range(0, half, length):
            end = min(start + length, half)
            for frame in model.offline(speech[start:end], speech[half + start : half + end], seed + start // length):
                bar.update()
                yield frame


def _taught(landmarker: "LandmarkReader", face: str, lessons: int, opened: ExitStack) -> "TaughtReader":
    """A reader trained on pictures of the face by the mesh renderer; `opened` closes the renderer."""
    from tqdm import tqdm

    from dystream_lab.released.taught_reader import TaughtReader
    from dystream_ros.face.motion import MotionFrame
    from dystream_ros.rendering.backend import open_renderer

    mesh = open_renderer(face, 512, 512)
    opened.callback(mesh.close)
    with tqdm(total=lessons + 1, desc="lessons", unit="picture", disable=None) as bar:

        def draw(values: "np.ndarray", pose: "np.ndarray") -> "np.ndarray":
            bar.update()
            return mesh.render(MotionFrame(0, values, pose))

        return TaughtReader.teach(landmarker, draw, lessons)
