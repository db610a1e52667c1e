"""A conversation whose partner's microphone also hears the robot's loudspeaker, and what that does to the face."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.engine.interfaces import HeadSession
from dystream_ros.engine.offline import frames_of_files
from dystream_ros.face.motion import SPEAKING_OTHER, SPEAKING_SELF

Samples = NDArray[np.float32]

LEVEL = -20.0  # dB of the echo relative to the robot's own voice
DELAY = 0.120  # s: the loudspeaker's buffer, and the way through the air
# Wanted, while only the robot speaks: its lips as without the echo, and a head that moves as much.
LEAST_CORRELATION = 0.95
_LEAST_HEAD, _MOST_HEAD = 0.6, 1.6
_LIPS = ("jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthRollLower", "mouthPressLeft", "mouthPressRight")
_WIDTH = 46


@dataclass(frozen=True)
class EchoFiles:
    """The files of the conversation: both parties, and the partner without the echo."""

    own: Path
    other: Path
    clean: Path


def echoed(own: Samples, other: Samples) -> Samples:
    """What the partner's microphone hears: (n,) at MEDIA_RATE, as long as the longer one, the partner and the echo."""
    size, delay = max(own.size, other.size), round(DELAY * MEDIA_RATE)
    heard = np.zeros(size, np.float32)
    heard[: other.size] = other
    echo = own[: size - delay] * np.float32(10 ** (LEVEL / 20))
    heard[delay : delay + echo.size] += echo
    return np.clip(heard, -1.0, 1.0)


def stage(own: Samples, other: Samples, folder: Path) -> EchoFiles:
    """Write the voices, float32 (n,) at MEDIA_RATE, as files into a folder, which is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    files = EchoFiles(folder / "self.wav", folder / "other_with_echo.wav", folder / "other.wav")
    for path, sound in ((files.own, own), (files.other, echoed(own, other)), (files.clean, other)):
        soundfile.write(path, sound, MEDIA_RATE)
    return files


@dataclass(frozen=True)
class _Motion:
    """Motion of a conversation.

    Attributes:
        lips: (frames, coefficients of `_LIPS`), or empty for a model without them.
        head: (frames, 3), yaw, pitch and roll, rad.
        speaking: (frames,) bits.
    """

    lips: NDArray[np.float32]
    head: NDArray[np.float32]
    speaking: NDArray[np.int64]

    @classmethod
    def of(cls, own: Path, other: Path, session: HeadSession) -> "_Motion":
        names = session.layout.names
        columns = [names.index(name) for name in _LIPS if name in names]
        motions = [frame.motion for frame in frames_of_files(own, other, session)]
        return cls(
            np.array([motion.values[columns] for motion in motions]),
            np.array([motion.head_pose[:3] for motion in motions]),
            np.array([motion.speaking for motion in motions]),
        )


@dataclass(frozen=True)
class EchoFigures:
    """The face with an echo beside the face without, over the frames in which only the robot speaks.

    Attributes:
        frames: number of these frames.
        lips: correlation of the lips, 1 if the echo changes nothing; NaN for a model without named lips.
        head: speed of the head with the echo, as a share of that without.
        partner: share of the frames in which the partner is reported as speaking, since the echo is speech.
    """

    frames: int
    lips: float
    head: float
    partner: float

    @classmethod
    def measure(cls, files: EchoFiles, session: HeadSession) -> "EchoFigures":
        """Make the motion twice, with the echo and without; `session` is fresh, and reset between the two."""
        clean = _Motion.of(files.own, files.clean, session)
        session.reset()
        echo = _Motion.of(files.own, files.other, session)
        size = min(len(clean.speaking), len(echo.speaking))
        alone = clean.speaking[:size] == SPEAKING_SELF
        if not alone.any():
            return cls(0, float("nan"), float("nan"), float("nan"))
        before, after = _centred(clean.lips[:size][alone]), _centred(echo.lips[:size][alone])
        scale = float(np.sqrt((before * before).sum() * (after * after).sum()))
        lips = float((before * after).sum()) / scale if scale else float("nan")
        head = _speed(echo.head[:size], alone) / max(_speed(clean.head[:size], alone), 1e-9)
        return cls(int(alone.sum()), lips, head, float(np.mean(echo.speaking[:size][alone] & SPEAKING_OTHER > 0)))

    def text(self) -> str:
        """Table for the terminal, with the wanted values."""
        rows = [
            ("frames in which only the robot speaks", f"{self.frames}", ""),
            ("lips, correlation with those without echo", f"{self.lips:.3f}", f"> {LEAST_CORRELATION}"),
            ("speed of the head, relative to without echo", f"{self.head:.2f}", f"{_LEAST_HEAD} to {_MOST_HEAD}"),
            ("frames with the partner reported as speaking", f"{self.partner:.0%}", ""),
        ]
        lines = [f"echo of the own voice in other/audio: {LEVEL:.0f} dB, {DELAY * 1000:.0f} ms later"]
        lines += [f"{name:<{_WIDTH}}{measured:>12}{wanted:>14}".rstrip() for name, measured, wanted in rows]
        lines.append(
            "The lips follow the own voice only. `speaking` leaves out the echo after about a second of it: cancel the "
            "echo before\na node acts on it (docs/audio.md)."
        )
        return "\n".join(lines)


def _centred(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values - values.mean(axis=0)


def _speed(head: NDArray[np.float32], frames: NDArray[np.bool_]) -> float:
    """Mean speed of the head over these frames; in rad per frame."""
    return float(np.linalg.norm(np.diff(head, axis=0, prepend=head[:1]), axis=1)[frames].mean())
