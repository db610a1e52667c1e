"""A node that sends a voice whose clock is fast, and records sound and images: for benchmarks/sound_and_face.py."""

import argparse
import threading
import time
from pathlib import Path

import numpy as np
import soundfile
import soxr
from dystream_ros.msg import AudioChunk, FaceMotion
from sensor_msgs.msg import Image

from dystream_ros.assets import demo_conversation
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.executable import RunnableNode, run
from dystream_ros.nodes.common.motion_messages import head_pose
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.stamps import nanoseconds, time_message

RATE = 16_000
_CHUNK = 160


class SoundProbe(RunnableNode):
    """Sends the first party of the shipped conversation again and again, as a microphone does.

    At the end it writes arrays: `aligned` int16 (n,), the samples of self/audio_aligned; `chunks` int64 (c, 3), stamp
    in ns, index in `aligned` and steady time of arrival in ns of each chunk; `images` int64 (i, 2), stamp and steady
    time of arrival; with motions also `stamps` int64 (m,), ns, and `motions` float64 (m, 58), values and pose.

    Args:
        ppm: by how much the clock of the source runs faster than that of the machine.
        motions: record motions in place of images.
    """

    def __init__(self, output: Path, ppm: float, motions: bool) -> None:
        super().__init__("sound_probe")
        self.reports = Reports(self.get_logger())
        self._output, self._speed = output, 1.0 + ppm * 1e-6
        both, rate = soundfile.read(demo_conversation(), dtype="int16", always_2d=True)
        self._voice = soxr.resample(np.ascontiguousarray(both[:, 0]), rate, RATE)
        self._aligned: list[np.ndarray] = []
        self._chunks: list[tuple[int, int, int]] = []
        self._images: list[tuple[int, int]] = []
        self._received = 0
        self._stopping = threading.Event()
        self._sender = threading.Thread(target=self._send)
        self._voice_out = self.create_publisher(AudioChunk, "self/audio", qos.audio_publisher())
        self.create_subscription(AudioChunk, "self/audio_aligned", self._on_aligned, qos.whole_audio())
        self._stamps: list[int] = []
        self._motions: list[np.ndarray] = []
        if motions:
            self.create_subscription(FaceMotion, "motion", self._on_motion, qos.motion())
        else:
            self.create_subscription(Image, "image", self._on_image, qos.image(reliable=True))

    def start(self) -> None:
        self._sender.start()

    def stop(self) -> None:
        """Write the records."""
        self._stopping.set()
        self._sender.join()
        aligned = np.concatenate(self._aligned) if self._aligned else np.zeros(0, np.int16)
        chunks, images = np.array(self._chunks, np.int64), np.array(self._images, np.int64)
        stamps, motions = np.array(self._stamps, np.int64), np.array(self._motions)
        np.savez(self._output, aligned=aligned, chunks=chunks, images=images, stamps=stamps, motions=motions)

    def _send(self) -> None:
        begun, begun_ros = time.monotonic(), self.get_clock().now().nanoseconds
        sent = 0
        while not self._stopping.is_set():
            time.sleep(max(0.0, begun + (sent + _CHUNK) / RATE / self._speed - time.monotonic()))
            samples = np.take(self._voice, np.arange(sent, sent + _CHUNK), mode="wrap")
            chunk = AudioChunk(stream_id=1, first_sample=sent, sample_rate=RATE, channels=1)
            chunk.header.stamp = time_message(begun_ros + round(sent / RATE / self._speed * 1e9))
            chunk.data.frombytes(samples.tobytes())
            self._voice_out.publish(chunk)
            sent += _CHUNK

    def _on_aligned(self, chunk: AudioChunk) -> None:
        samples = np.frombuffer(chunk.data, np.int16)
        self._chunks.append((nanoseconds(chunk.header.stamp), self._received, time.monotonic_ns()))
        self._aligned.append(samples)
        self._received += samples.size

    def _on_motion(self, motion: FaceMotion) -> None:
        self._stamps.append(nanoseconds(motion.header.stamp))
        self._motions.append(np.concatenate([motion.values, head_pose(motion)]))

    def _on_image(self, image: Image) -> None:
        self._images.append((nanoseconds(image.header.stamp), time.monotonic_ns()))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=Path)
    parser.add_argument("ppm", type=float)
    parser.add_argument("--motions", action="store_true", help="record motions in place of images")
    args = parser.parse_args()
    return run(
        lambda: SoundProbe(args.output, args.ppm, args.motions),
        [],
        "Sends a voice and records the sound and the images.",
    )


if __name__ == "__main__":
    raise SystemExit(main())
