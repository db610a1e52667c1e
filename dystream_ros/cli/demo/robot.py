"""A film of a simulated mechanical head that performed a conversation, beside the face, with the sound."""

import contextlib
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from tqdm import tqdm

from dystream_ros.actuators.calibration import Calibration
from dystream_ros.actuators.calibration_file import read_calibration
from dystream_ros.actuators.mapping import Mapping
from dystream_ros.cli.actuator_motion import shipped_or_path
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.nodes.parameters import ActuatorsSettings
from dystream_ros.recording.replacing import replacing
from dystream_ros.recording.video_file import SOUND_RATE, VideoFile
from dystream_ros.simulation.head import SimulatedHead
from dystream_ros.simulation.joint_recording import JointRecording
from dystream_ros.simulation.performance import FRAME, lag

SIZE = 512  # px, of each half
LIMIT = 0.040  # s; the lips of the head follow its sound within this


@dataclass(frozen=True)
class Performance:
    """How the simulated head followed.

    Attributes:
        seconds: length of the motion.
        delay: time from the motion to the first sound of its frame, s; the servos move within it.
        jaw_lag: time by which the jaw follows the motion that belongs to the sound that is heard, s; below 0: it leads.
        servo_lag: time by which the jaw follows the controller's desired position, s.
        sound_lag: time by which the opening of the jaw follows the loudness of the voice, s, and the same of the motion
            itself; None without a voice.
        error: root mean square of the jaw's deviation, rad.
    """

    seconds: float
    delay: float
    jaw_lag: float
    servo_lag: float
    sound_lag: tuple[float, float] | None
    error: float

    def text(self) -> str:
        """The figures, a line each."""
        verdict = "ok" if abs(self.jaw_lag) <= LIMIT else f"wanted within {1e3 * LIMIT:.0f} ms"
        lines = [
            f"simulated head: {self.seconds:.0f} s, sound {1e3 * self.delay:.0f} ms after the motion",
            f"jaw behind its sound: {1e3 * self.jaw_lag:.0f} ms ({verdict}); deviation {self.error:.3f} rad rms",
            f"jaw behind its controller: {1e3 * self.servo_lag:.0f} ms",
        ]
        if self.sound_lag is not None:
            jaw, face = self.sound_lag
            lines.append(f"jaw behind the loudness of the voice: {1e3 * jaw:.0f} ms; face: {1e3 * face:.0f} ms")
        return "\n".join(lines)


def film(robot: str, video: Path, motion: Path, joints: Path, output: Path) -> Performance:
    """Film the simulated head beside the face of a video, each as it is while the sound of the frame is heard.

    Args:
        robot: name of a shipped calibration whose joints the simulated head has.
        video: of the face; the voice of the face is on its left channel.
        motion: CSV of the recorder, of the same conversation.
        joints: CSV of the node simulated_head, on the clock of the motion.
        output: mp4 to write.

    Raises:
        RuntimeError: the recording has no motion, or no positions.
    """
    calibration = read_calibration(shipped_or_path(Path(robot)))
    played, moved = PlayedMotion.read(motion), JointRecording.read(joints)
    delay = ActuatorsSettings().sound_delay
    middles = played.heard(delay)
    positions = moved.at(middles)
    head = SimulatedHead(moved.names)
    sound = _sound(video)
    count = 0
    with contextlib.ExitStack() as opened:
        opened.callback(head.close)
        writer = VideoFile(opened.enter_context(replacing(output)), 2 * SIZE, SIZE, round(1 / FRAME), 20, "stereo")
        opened.callback(writer.close)
        pairs = zip(tqdm(_faces(video), total=len(positions), unit="frame", desc="robot", disable=None), positions)
        for face, position in pairs:
            head.pose(position)
            writer.add_picture(np.hstack([face, head.picture(SIZE)[:, :, ::-1]]))
            part = sound[:, count * SOUND_RATE // 25 : (count + 1) * SOUND_RATE // 25]
            if part.size:
                writer.add_sound(part)
            count += 1
    jaw = moved.names.index("jaw")
    wanted, reached = played.wanted(calibration)[:, calibration.index("jaw")], positions[:, jaw]
    fine = np.arange(middles[0], middles[-1], 0.01)
    commanded = np.interp(fine, moved.stamps, moved.desired[:, jaw])
    return Performance(
        seconds=count * FRAME,
        delay=delay,
        jaw_lag=lag(reached, wanted),
        servo_lag=lag(np.interp(fine, moved.stamps, moved.position[:, jaw]), commanded, 0.01),
        sound_lag=_sound_lags(sound[0], wanted, reached),
        error=float(np.sqrt(np.mean((reached - wanted) ** 2))),
    )


@dataclass(frozen=True)
class PlayedMotion:
    """The motion of a conversation, one frame every 40 ms; a dropped frame shows the one before.

    Attributes:
        stamps: (frames,), beginning of each frame, s of ROS time.
        latency: from a stamp to the publication of the motion, s; the usual one.
        values: (frames, 52).
        head_pose: (frames, 6).
    """

    stamps: np.ndarray
    latency: float
    values: np.ndarray
    head_pose: np.ndarray

    @classmethod
    def read(cls, path: Path) -> "PlayedMotion":
        """Reads a CSV file of the recorder.

        Raises:
            RuntimeError: it has fewer than two frames.
        """
        with path.open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["frame"] != "frame"]
        if len(rows) < 2:
            raise RuntimeError(f"{path} has no motion; see the log of the head")
        stamps = np.array([float(row["stamp"]) for row in rows])
        table = np.array([[float(row[name]) for name in (*ARKIT_NAMES, *POSE_NAMES)] for row in rows])
        latency = float(np.median([float(row["latency_ms"]) for row in rows])) / 1e3
        place = np.round((stamps - stamps[0]) / FRAME).astype(int)
        source = np.searchsorted(place, np.arange(place[-1] + 1), side="right") - 1
        even = stamps[0] + FRAME * np.arange(len(source))
        return cls(even, latency, table[source, : len(ARKIT_NAMES)], table[source, len(ARKIT_NAMES) :])

    def heard(self, delay: float) -> np.ndarray:
        """When the middle of each frame is heard (frames,), s of ROS time.

        Args:
            delay: from the arrival of a motion to the first sound of its frame, s.
        """
        return np.asarray(self.stamps + 0.5 * FRAME + self.latency + delay)

    def wanted(self, calibration: Calibration) -> np.ndarray:
        """Positions of the joints by weights and curves alone, within the ranges (frames, joints), rad."""
        mapping = Mapping(calibration, ARKIT_NAMES, [0.0] * len(ARKIT_NAMES))
        positions = [mapping.positions(values, pose) for values, pose in zip(self.values, self.head_pose)]
        low = [joint.minimum for joint in calibration.joints]
        return np.clip(positions, low, [joint.maximum for joint in calibration.joints])


def _faces(video: Path) -> Iterator[np.ndarray]:
    """Pictures of a video, uint8 (SIZE, SIZE, 3), BGR."""
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            yield frame.reformat(SIZE, SIZE, "bgr24").to_ndarray()


def _sound(video: Path) -> np.ndarray:
    """float32 (2, samples) at `SOUND_RATE`."""
    with av.open(str(video)) as container:
        resampler = av.AudioResampler("fltp", "stereo", SOUND_RATE)
        parts = [part.to_ndarray() for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate(parts, axis=1) if parts else np.zeros((2, 0), np.float32)


def _sound_lags(voice: np.ndarray, wanted: np.ndarray, reached: np.ndarray) -> tuple[float, float] | None:
    """Lags of the simulated jaw and of the motion behind the loudness of the voice, s."""
    frame = SOUND_RATE // 25
    count = min(len(voice) // frame, len(wanted))
    loudness = 20 * np.log10(1e-4 + np.sqrt(np.mean(voice[: count * frame].reshape(count, frame) ** 2, axis=1)))
    if np.ptp(loudness) < 10:
        return None
    return lag(reached[:count], loudness), lag(wanted[:count], loudness)
