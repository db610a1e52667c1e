"""A program as the voice: whatever it writes, there is a sound or a sentence, in bounded time and memory."""

import io
import sys

import numpy as np
import pytest
import soundfile

from dystream_ros.nodes.say import program_voice
from dystream_ros.nodes.say.program_voice import ProgramVoice
from dystream_ros.nodes.say.voice import VoiceUnavailable


def speaking(tmp_path, script):
    (tmp_path / "voice.py").write_text(f"import sys\n{script}")
    return ProgramVoice(f"{sys.executable} -S {tmp_path / 'voice.py'}", 16_000)


def wav(samples, rate, subtype="FLOAT"):
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="WAV", subtype=subtype)
    return f"sys.stdout.buffer.write({buffer.getvalue()!r})"


def test_the_text_is_its_input_and_a_wav_has_its_own_rate(tmp_path):
    samples = np.linspace(-0.5, 0.5, 200).reshape(100, 2)
    voice = speaking(tmp_path, f"assert sys.stdin.read() == '$(rm x); ü\\n'\n{wav(samples, 22_050)}")
    np.testing.assert_allclose(voice.speak("$(rm x); ü", 1.0), samples.mean(axis=1), atol=1e-6)
    assert voice.sample_rate == 22_050


def test_a_program_that_does_not_read_its_input_speaks(tmp_path):
    voice = speaking(tmp_path, "sys.stdin.close(); sys.stdout.buffer.write(bytes(range(4)) + b'x')")
    np.testing.assert_allclose(voice.speak("a" * 200_000, 1.0), [256 / 32768, 770 / 32768])


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("while True: sys.stdout.buffer.write(bytes(1 << 16))", "wrote more than 1 MB for one sentence"),
        ("while True: pass", "more than 1 s"),
        ("import os, time\nos.close(1); os.close(2); time.sleep(60)", "did not end within 1 s"),
        ("sys.stderr.write('line\\n' * 100_000 + 'no voice'); sys.exit(3)", "ended with status 3: no voice"),
        ("sys.stdout.write('RIFFnonsense')", "wrote no readable WAV"),
        (wav(np.zeros(100), 10), "a WAV of 10 Hz; accepted are 8000 to 96000"),
        (wav(np.full(100, np.nan), 16_000), "NaN or infinite"),
    ],
)
def test_what_is_no_sound_is_a_sentence(tmp_path, monkeypatch, script, reason):
    monkeypatch.setattr(program_voice, "_MOST_BYTES", 1 << 20)
    if " 1 s" in reason:
        monkeypatch.setattr(program_voice, "_TIMEOUT", 1.0)
    with pytest.raises(VoiceUnavailable, match=reason):
        speaking(tmp_path, script).speak("Hello.", 1.0)


@pytest.mark.parametrize(("command", "reason"), [("   ", "is empty"), ("'unclosed", "cannot be read")])
def test_a_command_that_is_none_is_a_sentence(command, reason):
    with pytest.raises(VoiceUnavailable, match=reason):
        ProgramVoice(command, 16_000)


def test_a_program_that_is_not_there_is_a_sentence():
    with pytest.raises(VoiceUnavailable, match="did not work"):
        ProgramVoice("/nonexistent/voice", 16_000).speak("Hello.", 1.0)
