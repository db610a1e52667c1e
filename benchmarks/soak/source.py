"""The voices of a soak: speech for the face in bursts, a microphone for its partner, and what goes wrong with both.

Commands arrive as JSON on the topic `soak/voices`, e.g. {"fault": "flood", "how": "tiny", "on": true}.
"""

import array
import json
import secrets
import time

import numpy as np
from dystream_ros.msg import AudioChunk
from numpy.typing import NDArray
from std_msgs.msg import String

from dystream_ros.assets import demo_conversation
from dystream_ros.audio.files import read_audio
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.executable import RunnableNode, run
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.stamps import SECOND, time_message

RATE = 16_000
COMMANDS = "soak/voices"
_TICK = 0.01  # s
_BURST = 5.0  # speech is sent this many times as fast as it is played
_CHUNK = RATE // 10
_PAUSE = (1.0, 3.0)  # s from the end of an utterance to the begin of the next


def voice(channel: int) -> NDArray[np.int16]:
    """One party of the shipped conversation, int16 (n,) at 16 kHz."""
    parts = []
    for block in read_audio(demo_conversation(), channel=channel):
        if block.sample_rate != RATE:
            raise RuntimeError(f"the shipped conversation has {block.sample_rate} Hz; the soak is written for {RATE}")
        data = block.data.reshape(-1)
        parts.append(data if data.dtype == np.int16 else np.clip(data * 32767, -32768, 32767).astype(np.int16))
    return np.concatenate(parts)


class Voices(RunnableNode):
    """Publishes both voices until it is stopped."""

    def __init__(self) -> None:
        super().__init__("soak_voices")
        self.reports = Reports(self.get_logger())
        self._self, self._other = (
            self.create_publisher(AudioChunk, f"{party}/audio", qos.audio_publisher()) for party in ("self", "other")
        )
        self._spoken, self._heard = voice(0), voice(1)
        self._random = np.random.default_rng(secrets.randbits(32))
        self._faults: dict[str, object] = {}
        self._began = time.monotonic()
        self._live_id, self._live_sent, self._index_jump = secrets.randbits(63), 0, 0
        self._utterance: NDArray[np.int16] | None = None
        self._speech_id, self._speech_sent, self._next_speech = 0, 0, self._began + 1.0
        self._burst_began = 0.0
        self.create_subscription(String, COMMANDS, self._on_command, qos.events())
        self.create_timer(_TICK, self._tick)

    def _on_command(self, message: String) -> None:
        command = json.loads(message.data)
        name = command["fault"]
        if name == "restart":
            # As a process that dies and returns: another stream, and no end of the last one.
            self._live_id, self._live_sent, self._began = secrets.randbits(63), 0, time.monotonic()
            self._index_jump = 0
            self._utterance, self._next_speech = None, time.monotonic() + 0.2
        elif command["on"]:
            self._faults[name] = command
        else:
            self._faults.pop(name, None)
        if name == "jump" and not command["on"]:
            self._index_jump = 0

    def _tick(self) -> None:
        now = time.monotonic()
        if "stop" in self._faults:
            # The microphone goes on where the time is, as a driver does after a dropout; speech waits.
            self._live_sent = round((now - self._began) * RATE)
            self._next_speech = max(self._next_speech, now + 0.2)
            return
        self._listen(now)
        self._speak(now)
        flood = self._faults.get("flood")
        if isinstance(flood, dict):
            self._flood(str(flood["how"]))

    def _listen(self, now: float) -> None:
        due = round((now - self._began) * RATE)
        if due - self._live_sent > RATE:
            self._live_sent = due - RATE // 10  # this process was suspended: what the device lost is lost
        jump = self._faults.get("jump")
        shift_ns, index = 0, self._live_sent
        if isinstance(jump, dict):
            if jump["how"] in ("stamp", "both"):
                shift_ns = round(float(jump["by"]) * SECOND)
            if jump["how"] in ("index", "both"):
                index = max(0, index + round(float(jump["by"]) * RATE))
        size = RATE // 100
        now_ns = self.get_clock().now().nanoseconds
        while self._live_sent + size <= due:
            stamp_ns = now_ns - round((due - self._live_sent) / RATE * 1e9) + shift_ns
            start = self._live_sent % (len(self._heard) - size)
            data = self._heard[start : start + size]
            self._publish(self._other, self._live_id, index, data, stamp_ns=max(0, stamp_ns))
            self._live_sent += size
            index += size

    def _speak(self, now: float) -> None:
        if self._utterance is None:
            if now < self._next_speech:
                return
            seconds = self._random.uniform(0.5, 6.0)
            start = self._random.integers(len(self._spoken) - round(6.0 * RATE))
            self._utterance = self._spoken[start : start + round(seconds * RATE)]
            self._speech_id, self._speech_sent, self._burst_began = secrets.randbits(63), 0, now
        due = min(len(self._utterance), round((now - self._burst_began) * _BURST * RATE) + _CHUNK)
        while self._speech_sent < due:
            data = self._utterance[self._speech_sent : self._speech_sent + _CHUNK]
            last = self._speech_sent + len(data) == len(self._utterance)
            self._publish(self._self, self._speech_id, self._speech_sent, data, last)
            self._speech_sent += len(data)
        if self._speech_sent == len(self._utterance):
            self._next_speech = self._burst_began + len(self._utterance) / RATE + self._random.uniform(*_PAUSE)
            self._utterance = None

    def _flood(self, how: str) -> None:
        """About 500 messages per second that a defective source might send."""
        for _ in range(5):
            if how == "garbage":
                self._publish(self._self, 7, 0, self._spoken[:33], rate=int(self._random.choice([0, 7999, 4_000_000])))
                self._publish(self._other, 7, 0, self._spoken[:33], channels=int(self._random.choice([0, 2, 255])))
            elif how == "tiny":
                self._publish(self._other, self._live_id, self._live_sent, self._heard[:1])
            elif how == "repeated":
                first = max(0, self._live_sent - 160)
                self._publish(self._other, self._live_id, first, self._heard[:160])
            else:
                self._publish(self._other, secrets.randbits(63), 0, self._heard[:160])

    def _publish(
        self,
        output,
        stream_id: int,
        first: int,
        data: NDArray[np.int16],
        end: bool = False,
        *,
        stamp_ns: int = 0,
        rate: int = RATE,
        channels: int = 1,
    ) -> None:
        message = AudioChunk(stream_id=stream_id, first_sample=int(first), sample_rate=rate, channels=channels)
        message.data = array.array("h", data.tobytes())
        message.end_of_stream = end
        message.header.stamp = time_message(stamp_ns)
        output.publish(message)


def main() -> int:
    return run(Voices, None, "The voices of a soak.")


if __name__ == "__main__":
    raise SystemExit(main())
