"""Accuracy of `dystream corpus from-video` on faces of our renderer: python -m benchmarks.video_corpus

A segment of a staged conversation is drawn with each face, written as H.264 with both voices as stereo, and read by the
command with MediaPipe's face landmarker (part `portrait` of requirements.txt). The readings are correlated with the
drawn motion; the gain is the slope of the regression. The table goes into docs/corpus.md.
"""

import argparse
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.read_back import correlation
from dystream_lab.corpus.dataset import Clip, ConversationDataset
from dystream_lab.evaluation.measures.mp4_lips import write
from dystream_lab.speech.phones import PHONE_INDEX, SILENCE
from dystream_lab.teacher.teacher import MOTION_NAMES
from dystream_ros.cli import main as dystream
from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.rendering.backend import open_renderer

FACES = ("astronaut", "ada")
SECONDS = 40
SIZE, QUALITY = 512, 20
LAGS = range(-3, 4)  # frames
SHUT = 0.01  # aperture of lips that are drawn closed
LEAST_DRAWN = 0.1  # smallest drawn range that is compared
PAGE = Path("docs/corpus.md")
ROWS: dict[str, tuple[str, ...]] = {
    "aperture": ("aperture",),
    "jawOpen by itself": ("jawOpen",),
    "blink, left and right": ("eyeBlinkLeft", "eyeBlinkRight"),
    "roll, pitch, yaw": ("headRoll", "headPitch", "headYaw"),
    "left and right eye to the side": ("eyeYawLeft", "eyeYawRight"),
    "left and right eye up and down": ("eyePitchLeft", "eyePitchRight"),
    "mouthPucker, mouthFunnel": ("mouthPucker", "mouthFunnel"),
    "mouthSmile, left and right": ("mouthSmileLeft", "mouthSmileRight"),
    "browInnerUp, browOuterUp left": ("browInnerUp", "browOuterUpLeft"),
}


def curves(motion: np.ndarray) -> dict[str, np.ndarray]:
    """Each of MOTION_NAMES of motion (T, 58), the aperture, and the angles of each eye: (T,) each."""
    named = dict(zip(MOTION_NAMES, motion.T)) | {"aperture": aperture(motion[:, : len(ARKIT_NAMES)])}
    for side in ("Left", "Right"):
        named[f"eyeYaw{side}"] = named[f"eyeLookOut{side}"] - named[f"eyeLookIn{side}"]
        named[f"eyePitch{side}"] = named[f"eyeLookDown{side}"] - named[f"eyeLookUp{side}"]
    return named


def compare(drawn: np.ndarray, read: np.ndarray) -> dict[str, tuple[float, float]]:
    """Correlation with the drawn motion, and gain, of each curve in ROWS; NaN where it was not drawn.

    Both motions are (T, 58).
    """
    found = {}
    there, here = curves(drawn), curves(read)
    for name in (name for names in ROWS.values() for name in names):
        least = np.deg2rad(1.0) if name.startswith("head") else LEAST_DRAWN
        if np.ptp(there[name]) < least:
            found[name] = np.nan, np.nan
            continue
        gain = np.cov(there[name], here[name])[0, 1] / np.var(there[name], ddof=1)
        found[name] = correlation(there[name], here[name]), float(gain)
    return found


def lag(drawn: np.ndarray, read: np.ndarray) -> int:
    """Lag in frames of the aperture read, of motions (T, 58)."""
    there, here = (curves(motion)["aperture"][len(LAGS) : -len(LAGS)] for motion in (drawn, read))
    return max(LAGS, key=lambda frames: correlation(there, np.roll(here, -frames)))


def gap_where_shut(drawn: np.ndarray, read: np.ndarray) -> float:
    """Median aperture read where lips were drawn closed; NaN if they never were."""
    shut = curves(drawn)["aperture"] < SHUT
    return float(np.median(curves(read)["aperture"][shut])) if shut.any() else np.nan


def draw(path: Path, face: str, motion: np.ndarray, voices: np.ndarray, size: int = SIZE) -> None:
    """A video of a face in a motion (T, 58) with both voices, float32 (2, n), 16 kHz, as stereo."""
    renderer = open_renderer(face, size, size)
    try:
        write(path, motion, voices, renderer, QUALITY)
    finally:
        renderer.close()


def motion_read(corpus: Path, video: str) -> np.ndarray:
    """Motion (T, 58) of all clips that a corpus has of a video, given by the name of its file, one after another."""
    parts = []
    for split in ("train", "valid"):
        dataset = ConversationDataset(corpus, split)
        for number, entry in enumerate(dataset.entries):
            if entry["voices"][0] == f"video/{video}":
                parts.append((entry["id"], dataset.whole(number, 0).motion))
    if not parts:
        raise ValueError(f"no clip of {video} in {corpus}")
    return np.concatenate([motion for _, motion in sorted(parts, key=lambda part: part[0])])


def chosen(dataset: ConversationDataset) -> Clip:
    """The start of the first clip in which the face speaks for 30 to 70 % of the time, smiles and raises its brows.

    Raises ValueError if there is no such clip.
    """
    frames = SECONDS * dataset.frames_per_second
    smile, brows = ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["browInnerUp"]
    for entry in dataset.entries:
        if entry["frames"] < frames:
            continue
        view = dataset.view(entry["id"], 0, 0, frames, 0)
        speaks = (view.phones != PHONE_INDEX[SILENCE]).mean()
        if 0.3 < speaks < 0.7 and view.motion[:, smile].max() > 0.25 and view.motion[:, brows].max() > 0.25:
            return view
    raise ValueError(f"no clip of {SECONDS} s in {dataset.root} has speech, a smile and raised brows of party 0")


def table(found: dict[str, dict[str, tuple[float, float]]]) -> str:
    """A Markdown table with one column per face; `found` has the result of `compare` by face."""
    lines = [f"| correlation with what was drawn (gain) | {' | '.join(found)} |", "|---" * (1 + len(found)) + "|"]
    for label, names in ROWS.items():
        cells = [", ".join(_cell(*figures[name]) for name in names) for figures in found.values()]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(correlated: float, gain: float) -> str:
    return "not drawn" if np.isnan(correlated) else f"{correlated:.2f} ({gain:.2f})"


def measure(corpus: Path, faces: Sequence[str], folder: Path) -> tuple[str, str]:
    """The table of all faces, and a note on lag and closed lips; videos and readings go to `folder`."""
    clip = chosen(ConversationDataset(corpus, "valid"))
    for face in faces:
        draw(folder / "videos" / f"{face}.mp4", face, clip.motion, np.stack([clip.self_audio, clip.other_audio]))
    if dystream(["corpus", "from-video", str(folder / "videos"), "-o", str(folder / "read")]):
        raise RuntimeError("dystream corpus from-video failed")
    pairs = {}
    for face in faces:
        read = motion_read(folder / "read", f"{face}.mp4")
        pairs[face] = clip.motion[: len(read)], read[: len(clip.motion)]
    lags = " and ".join(str(lag(*pair)) for pair in pairs.values())
    gaps = " and ".join(f"{100 * gap_where_shut(*pair):.1f}" for pair in pairs.values())
    note = (
        f"Clip {clip.clip}. The lips are read {lags} frames late. "
        f"Where they were drawn shut the gap read is {gaps} % of the full opening (median)."
    )
    return table({face: compare(*pair) for face, pair in pairs.items()}), note


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.video_corpus",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("faces", nargs="*", default=FACES, metavar="FACE", help=f"default: {' '.join(FACES)}")
    parser.add_argument("--corpus", type=Path, default=Path("corpus/first"), help="staged corpus (default %(default)s)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures, note = measure(args.corpus, args.faces, Path(folder))
    print(f"{figures}\n\n{note}")
    if tuple(args.faces) == FACES:
        begin, end = "<!-- read back -->\n", "\n<!-- end -->"
        pattern, text = re.escape(begin) + ".*?" + re.escape(end), f"{begin}{figures}\n\n{note}{end}"
        PAGE.write_text(re.sub(pattern, lambda _: text, PAGE.read_text(), flags=re.DOTALL))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
