"""Mouths to train on: motion of the corpus rendered with many faces, in changing light, through video codecs.

    <folder>/<clip>-<party>-<portrait>.npz    mouths uint8 (n, MOUTH, MOUTH), seen bool (n,), sound int16 (640 n,),
                                              values float16 (n, 52), spoken bool (n,), codec str

The mouths are found and cut by the landmarker in the decoded pictures, as in a video of a user.
"""

import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from dystream_lab.corpus.dataset import Clip, ConversationDataset
from dystream_lab.rates import FRAME_RATE, HOP
from dystream_lab.released.landmark_reader import LandmarkReader
from dystream_lab.speech.phones import PHONE_INDEX, SILENCE
from dystream_lab.sync.mouths import cut_mouth
from dystream_lab.sync.towers import MOUTH
from dystream_ros.face.motion import MotionFrame
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.interfaces import Renderer

SIDES = (192, 256, 320)  # pixels of a rendered picture
_SECONDS = 12.0  # of a clip
_LEAST_SPOKEN = 0.5  # share of its frames with speech
_LEAST_SEEN = 0.5  # share of pictures in which the face must be found
# Encoder and its options for a strength of compression of 0 (best) to 1.
_CODECS = ("libx264", "mpeg4", "libvpx", "mjpeg", "none")
_BACKGROUNDS = ("keep", "#203040", "#c8c0b0", "#606060", "#0a0a0a", "#e8f0ff")


@dataclass(frozen=True)
class Rendered:
    """One rendered clip: its file, the share of pictures with a face, and why it was left out, or ""."""

    path: Path
    seen: float
    reason: str = ""


def render(corpus: Path, folder: Path, portraits: Sequence[str], clips: int, seed: int = 0) -> Iterator[Rendered]:
    """Renders `clips` clips, or as many as the corpus has, portraits in turn; yields each.

    Clips that are in the folder are not rendered again.

    Raises:
        FileNotFoundError, ValueError: as `ConversationDataset`.
        PortraitError: there is no such portrait, or MediaPipe is not installed.
    """
    dataset = ConversationDataset(corpus, "train")
    folder.mkdir(parents=True, exist_ok=True)
    with LandmarkReader() as reader:
        for number, clip in enumerate(itertools.islice(_talkative(dataset), clips)):
            portrait = portraits[number % len(portraits)]
            path = folder / f"{clip.clip}-{clip.party}-{Path(portrait).stem}.npz"
            if path.exists():
                yield Rendered(path, 1.0)
                continue
            rng = np.random.default_rng((seed, number))
            seen = _write(rng, path, clip, portrait, reader)
            reason = "" if seen >= _LEAST_SEEN else f"the landmarker finds a face in {100 * seen:.0f} % of the pictures"
            yield Rendered(path, seen, reason)


def _talkative(dataset: ConversationDataset) -> Iterator[Clip]:
    """The stretches of _SECONDS of a corpus in which a party speaks half of the time, one of each face."""
    for number, entry in enumerate(dataset.entries):
        for party in dataset.parties(number):
            clip = _loudest(dataset, entry["id"], party, entry["frames"])
            if np.mean(clip.phones != PHONE_INDEX[SILENCE]) >= _LEAST_SPOKEN:
                yield clip


def _loudest(dataset: ConversationDataset, name: str, party: int, frames: int) -> Clip:
    """The stretch of a clip in which the party speaks most."""
    count = min(frames, int(_SECONDS * FRAME_RATE))
    whole = dataset.view(name, party, 0, frames, 0)
    speaks = np.cumsum(np.concatenate([[0], whole.phones != PHONE_INDEX[SILENCE]]))
    start = int((speaks[count:] - speaks[: frames - count + 1]).argmax())
    return dataset.view(name, party, start, count, 0)


def _write(rng: np.random.Generator, path: Path, clip: Clip, portrait: str, reader: LandmarkReader) -> float:
    """Writes one clip unless it shows too few faces; returns the share of pictures with a face."""
    side = int(rng.choice(SIDES))
    background = str(rng.choice(_BACKGROUNDS))
    framing = str(rng.choice(("bust", "head")))
    codec, strength = str(rng.choice(_CODECS)), float(rng.random())
    renderer = open_renderer(portrait, side, side, framing=framing, background=background)
    try:
        shown = _pictures(rng, renderer, clip.motion)
        mouths = np.zeros((len(clip.motion), MOUTH, MOUTH), np.uint8)
        seen = np.zeros(len(clip.motion), bool)
        for frame, picture in enumerate(through_video(shown, codec, strength)):
            found = reader.detect(picture)
            if found is not None and found.landmarks is not None:
                mouths[frame], seen[frame] = cut_mouth(picture, found.landmarks), True
    finally:
        renderer.close()
    if seen.mean() >= _LEAST_SEEN:
        content = {
            "mouths": mouths,
            "seen": seen,
            "sound": np.round(clip.self_audio[: len(clip.motion) * HOP] * 32767.0).astype(np.int16),
            "values": clip.motion[:, :52].astype(np.float16),
            "spoken": clip.phones != PHONE_INDEX[SILENCE],
            "codec": np.array(f"{codec} {strength:.2f}"),
        }
        partial = path.with_suffix(".part")
        with partial.open("wb") as file:
            np.savez_compressed(file, **content)
        partial.replace(path)
    return float(seen.mean())


def _pictures(rng: np.random.Generator, renderer: Renderer, motion: np.ndarray) -> Iterator[np.ndarray]:
    """Pictures of motion (n, 58) in a light whose strength, colour and direction change slowly."""
    height, width = renderer.view.height, renderer.view.width
    down, across = np.linspace(-1, 1, height)[:, None, None], np.linspace(-1, 1, width)[None, :, None]
    colour = rng.uniform(0.8, 1.2, 3)
    gamma = rng.uniform(0.7, 1.5)
    slopes = rng.uniform(-0.4, 0.4, 2)
    speed, depth, phase = rng.uniform(0.05, 1.0), rng.uniform(0.0, 0.2), rng.uniform(0.0, 6.3)
    lamp = (colour * (1.0 + slopes[0] * down + slopes[1] * across)).astype(np.float32)
    curve = (255.0 * np.linspace(0.0, 1.0, 256) ** gamma).astype(np.float32)
    for frame, numbers in enumerate(motion):
        picture = renderer.render(MotionFrame(frame, numbers[:52], numbers[52:]))[:, :, :3]
        strength = 1.0 + depth * np.sin(phase + 6.3 * speed * frame / FRAME_RATE)
        yield np.clip(curve[picture] * lamp * strength, 0, 255).astype(np.uint8)


def through_video(pictures: Iterator[np.ndarray], codec: str, strength: float) -> Iterator[np.ndarray]:
    """BGR pictures of equal, even size as a video shows them.

    Args:
        pictures: uint8 (height, width, 3).
        codec: FFmpeg's name of an encoder, or "none".
        strength: of the compression, 0 (hardly visible) to 1 (blocks).
    """
    if codec == "none":
        yield from pictures
        return
    kept = io.BytesIO()
    with av.open(kept, "w", format="matroska") as container:
        stream = None
        for picture in pictures:
            if stream is None:
                stream = container.add_stream(codec, rate=FRAME_RATE, options=_options(codec, strength))
                stream.width, stream.height = picture.shape[1], picture.shape[0]
                stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        if stream is not None:
            container.mux(stream.encode(None))
    kept.seek(0)
    with av.open(kept) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="bgr24")


def _options(codec: str, strength: float) -> dict[str, str]:
    """Options of an encoder: constant quality where it has one, else a bit rate."""
    if codec == "libx264":
        return {"preset": "ultrafast", "threads": "1", "crf": str(round(18 + 20 * strength))}
    if codec == "libvpx":
        return {"deadline": "realtime", "cpu-used": "8", "threads": "1", "b": f"{round(600 - 480 * strength)}k"}
    return {"qmin": str(round(2 + 22 * strength)), "qmax": str(round(2 + 22 * strength)), "threads": "1"}
