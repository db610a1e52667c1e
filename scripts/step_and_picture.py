"""Steps the model `compact` and draws one picture, to compare two machines; called by scripts/run_on_arm.sh.

python scripts/step_and_picture.py OUTPUT.npz              runs here
python scripts/step_and_picture.py --compare A.npz B.npz   how far two outputs are apart
"""

import argparse
import importlib.metadata
import json
import platform
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # of the checkout, which need not be installed

FRAMES = 250  # 10 s of the shipped conversation
PICTURE_AT = 60  # the robot speaks
PACKAGES = ("numpy", "onnxruntime", "opencv-python", "moderngl", "glcontext", "safetensors", "soxr", "av")


def run(output: Path, portrait: str) -> None:
    """Writes motion, picture, times and versions, and the picture as PNG beside it.

    Raises:
        RuntimeError: the step imported torch.
    """
    import cv2

    from dystream_ros.assets import demo_conversation
    from dystream_ros.cli.recorded_conversation import open_session
    from dystream_ros.engine.offline import frames_of_files
    from dystream_ros.rendering import backend

    begun = time.perf_counter()
    session = open_session(argparse.Namespace(model="compact", seed=0))
    loaded = time.perf_counter()
    sound = demo_conversation()
    frames = list(islice(frames_of_files(sound, sound, session, self_channel=0, other_channel=1), FRAMES))
    stepped = time.perf_counter()
    if "torch" in sys.modules:
        raise RuntimeError("torch was imported; ONNX Runtime steps compact without it")
    renderer = backend.open_renderer(portrait, backend="opengl", on_fallback=print)
    picture = renderer.render(frames[PICTURE_AT].motion)
    facts = {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "opengl": renderer_name(),
        "load_s": round(loaded - begun, 2),
        "frame_ms": round(1000 * (stepped - loaded) / FRAMES, 2),
    }
    motion = np.stack([np.concatenate([frame.motion.values, frame.motion.head_pose]) for frame in frames])
    np.savez(output, motion=motion, picture=picture, facts=json.dumps(facts))
    cv2.imwrite(str(output.with_suffix(".png")), picture)
    print(json.dumps(facts, indent=2))


def renderer_name() -> str:
    """What OpenGL says of itself."""
    import moderngl

    context = moderngl.create_context(standalone=True, backend="egl")
    try:
        return f"{context.info['GL_RENDERER']}, {context.info['GL_VERSION']}"
    finally:
        context.release()


def compare(one: Path, other: Path) -> None:
    """Prints how far motions and pictures are apart."""
    with np.load(one) as a, np.load(other) as b:
        motion = np.abs(a["motion"] - b["motion"])
        levels = np.abs(a["picture"].astype(int) - b["picture"].astype(int))
        print(f"motion of {len(motion)} frames: first frame {motion[0].max():.2g}, largest {motion.max():.2g}")
        print(
            f"picture: largest difference {levels.max()} of 255, mean {levels.mean():.4f}, "
            f"{100 * (levels.max(axis=-1) > 2).mean():.2f} % of the pixels differ by more than 2"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("outputs", nargs="+", type=Path, metavar="NPZ")
    parser.add_argument("--compare", action="store_true", help="compare two outputs")
    parser.add_argument("--portrait", default="astronaut", help="the face (default %(default)s)")
    args = parser.parse_args()
    if len(args.outputs) != 1 + args.compare:
        parser.error(f"{1 + args.compare} file(s) are needed; given are {len(args.outputs)}")
    if args.compare:
        compare(*args.outputs)
    else:
        run(args.outputs[0], args.portrait)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
