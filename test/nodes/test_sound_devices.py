"""Microphone and speaker on a real sound server that has no hardware."""

import array
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from dystream_ros.msg import AudioChunk

from dystream_ros.nodes.common import qos

pytestmark = pytest.mark.skipif(shutil.which("pulseaudio") is None, reason="no pulseaudio on this machine")

RATE = 16_000
ALSA = """
pcm.!default { type pulse }
ctl.!default { type pulse }
pcm.fakemic { type pulse device fakemic hint { show on description "FakeMic" } }
pcm.fakespeaker { type pulse device fakespeaker hint { show on description "FakeSpeaker" } }
"""


class SoundServer:
    """PulseAudio with a loudspeaker that nobody hears, and a microphone that is fed by `speak`."""

    def __init__(self, folder):
        self._folder = folder
        (folder / "run").mkdir(mode=0o700)
        (folder / ".asoundrc").write_text(ALSA)
        self.environment = {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "PULSE_SERVER": f"unix:{folder}/pulse.sock",
            "PULSE_LATENCY_MSEC": "20",
        }
        self._process = None

    def start(self):
        loads = [
            f"module-native-protocol-unix socket={self._folder}/pulse.sock auth-anonymous=1",
            "module-null-sink sink_name=fakespeaker",
            "module-null-sink sink_name=micfeed",
            "module-remap-source source_name=fakemic master=micfeed.monitor",
        ]
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
        command += [part for load in loads for part in ("-L", load)]
        self._process = subprocess.Popen(command, env=os.environ | self.environment, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while self.run("pactl", "set-default-source", "fakemic", check=False).returncode:
            assert time.monotonic() < end, "the sound server did not start"
            time.sleep(0.05)
        self.run("pactl", "set-default-sink", "fakespeaker")

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def run(self, *command, check=True):
        environment = os.environ | self.environment
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=check, timeout=20)

    def open(self, *command):
        return subprocess.Popen(command, env=os.environ | self.environment, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def server(tmp_path_factory, graph):
    server = SoundServer(tmp_path_factory.mktemp("sound"))
    graph.environment.update(server.environment)
    server.start()
    yield server
    server.stop()


def similarity(heard, sent):
    """Best normalised correlation of a quarter of a second of what was sent with what was heard, both (n,) at RATE.

    Of several such stretches, the one that came through best: a machine under load may lose a moment of the others.
    """
    best = 0.0
    for first in range(0, sent.size - RATE // 4, RATE // 4):
        stretch = sent[first : first + RATE // 4].astype(float)
        size = heard.size + stretch.size
        product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(stretch, size)), size)[: heard.size]
        at = int(product.argmax())
        found = heard[at : at + stretch.size].astype(float)
        best = max(best, product[at] / (np.linalg.norm(found) * np.linalg.norm(stretch) + 1.0))
    return best


def test_the_devices_are_listed(graph, server):
    for name, device in (("microphone", "fakemic"), ("speaker", "fakespeaker")):
        listing = graph.run([sys.executable, "-m", f"dystream_ros.nodes.{name}", "--list-devices"])
        assert listing.wait() == 0, listing.log
        assert device in listing.log
        assert "Hz)" in listing.log


def test_the_microphone_hears_what_is_spoken_and_comes_back_with_its_sound_server(graph, server, babble, tmp_path):
    microphone = graph.start("microphone", device="fakemic", watchdog=0.5, retry=0.2)
    microphone.until_log("listening to 'fakemic'")
    chunks = graph.listen("audio", AudioChunk)
    speech = babble(2.0)
    soundfile.write(tmp_path / "speech.wav", speech, RATE)

    def hears_speech():
        del chunks[:]
        server.run("paplay", "--device=micfeed", str(tmp_path / "speech.wav"))
        chunks.next(20)
        return similarity(np.concatenate([each.data for each in chunks]), speech) > 0.9

    # More than once, if need be: a sound server under load loses a moment here and there.
    graph.until(hears_speech, "the speech to be heard")
    assert {(each.sample_rate, each.channels, len(each.data)) for each in chunks} == {(RATE, 1, 160)}
    assert len({each.stream_id for each in chunks}) == 1
    assert set(np.diff([each.first_sample for each in chunks])) == {160}
    stamps = np.array([each.header.stamp.sec + each.header.stamp.nanosec / 1e9 for each in chunks])
    assert np.median(np.diff(stamps)) == pytest.approx(0.01, abs=0.002)
    assert abs(time.time() - stamps[-1]) < 2.0

    server.stop()
    microphone.until_log("has given nothing")
    microphone.until_log("trying again every 0.2 s")
    server.start()
    first_stream = chunks[0].stream_id
    chunks.until(lambda all_: all_[-1].stream_id != first_stream, "sound after the server came back")
    graph.until(hears_speech, "the speech to be heard again")
    assert microphone.stop() == 0


def test_a_device_that_is_not_there_is_named_with_those_that_are(graph, server):
    health = graph.listen("/diagnostics", DiagnosticArray)
    for name, others in (("microphone", "fakemic"), ("speaker", "fakespeaker")):
        node = graph.start(name, device="parrot", retry=0.2)
        log = node.until_log("trying again")
        assert "devices called 'parrot' there is none; there are" in log
        assert others in log

        def is_told(messages, name=name):
            statuses = [each.status[0] for each in messages]
            return any(each.name.startswith(f"/{name}:") and each.level == DiagnosticStatus.ERROR for each in statuses)

        health.until(is_told, f"an error of the {name} in the diagnostics")
        assert node.stop() == 0


def test_the_speaker_plays_a_topic(graph, server, babble, tmp_path):
    speaker = graph.start("speaker", device="fakespeaker", remap={"audio": "words"})
    speaker.until_log("playing on 'fakespeaker'")
    words = graph.publisher("words", AudioChunk, qos.audio_publisher())
    speech = babble(3.0)
    recording = server.open(
        "parecord",
        "--device=fakespeaker.monitor",
        f"--rate={RATE}",
        "--channels=1",
        "--format=s16le",
        "--file-format=wav",
        str(tmp_path / "heard.wav"),
    )
    file = tmp_path / "heard.wav"
    graph.until(lambda: file.exists() and file.stat().st_size > 1000, "the recording to begin")
    begun = time.monotonic()
    for first in range(0, speech.size, 640):
        time.sleep(max(0.0, begun + first / RATE - time.monotonic()))
        chunk = AudioChunk(stream_id=1, first_sample=first, sample_rate=RATE, channels=1)
        chunk.data = array.array("h", speech[first : first + 640].tobytes())
        chunk.end_of_stream = first + 640 >= speech.size
        words.publish(chunk)
    size = file.stat().st_size
    graph.until(lambda: file.stat().st_size > size + 2 * RATE, "another second of the recording")
    recording.terminate()
    recording.wait()
    heard = np.frombuffer(file.read_bytes()[44:], np.int16)
    assert similarity(heard, speech) > 0.9
    assert speaker.stop() == 0
