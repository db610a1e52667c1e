"""A program as the voice: a sentence to its standard input, sound from its standard output."""

import io
import os
import selectors
import shlex
import subprocess
import time

import numpy as np
import soundfile
from numpy.typing import NDArray

from dystream_ros.audio.block import MAXIMUM_RATE, MINIMUM_RATE
from dystream_ros.nodes.say.voice import VoiceUnavailable

_TIMEOUT = 30.0  # s for one sentence
_MOST_BYTES = 64 << 20  # of sound; 240 characters take less than a minute
_KEPT_ERRORS = 4096  # bytes of what it says on its standard error
_PIECE = 1 << 16


class ProgramVoice:
    """A program that is started for each sentence. The text goes to its standard input, never into its arguments.

    Args:
        command: the program and its arguments; no shell reads it.
        sample_rate: Hz, of samples without a WAV header.

    Raises:
        VoiceUnavailable: the command cannot be divided into words, or is empty.
    """

    language = ""
    script = ""

    def __init__(self, command: str, sample_rate: int) -> None:
        try:
            self._command = shlex.split(command)
        except ValueError as refused:
            raise VoiceUnavailable(f"the program {command!r} cannot be read: {refused}") from refused
        if not self._command:
            raise VoiceUnavailable(f"the program {command!r} is empty: give a command")
        self._raw_rate = self.sample_rate = sample_rate

    def speak(self, sentence: str, rate: float) -> NDArray[np.float32]:
        name = self._command[0]
        sound = self._run(sentence)
        if not sound.startswith(b"RIFF"):
            self.sample_rate = self._raw_rate
            pcm = np.frombuffer(sound[: len(sound) // 2 * 2], "<i2")
            return (pcm / 32768).astype(np.float32)
        try:
            samples, wav_rate = soundfile.read(io.BytesIO(sound), dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as failed:
            raise VoiceUnavailable(f"the program {name!r} wrote no readable WAV: {failed}") from failed
        if not MINIMUM_RATE <= wav_rate <= MAXIMUM_RATE:
            raise VoiceUnavailable(
                f"the program {name!r} wrote a WAV of {wav_rate} Hz; accepted are {MINIMUM_RATE} to {MAXIMUM_RATE}"
            )
        if not np.isfinite(samples).all():
            raise VoiceUnavailable(f"the program {name!r} wrote samples that are NaN or infinite")
        self.sample_rate = wav_rate
        return samples.mean(axis=1, dtype=np.float32)

    def _run(self, sentence: str) -> bytes:
        """What the program writes for a sentence."""
        name = self._command[0]
        try:
            process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except OSError as failed:
            raise VoiceUnavailable(f"the program {name!r} did not work: {failed}") from failed
        with process:
            try:
                sound, errors = _communicate(process, f"{sentence}\n".encode())
            except TimeoutError as failed:
                raise VoiceUnavailable(f"the program {name!r} did not work: {failed}") from failed
            finally:
                process.kill()
        if process.returncode:
            said = errors.decode(errors="replace").strip().rpartition("\n")[2]
            raise VoiceUnavailable(f"the program {name!r} ended with status {process.returncode}: {said}")
        return sound


def _communicate(process: subprocess.Popen[bytes], given: bytes) -> tuple[bytes, bytes]:
    """Give a program its input and read its output to the end, in bounded time and memory.

    Returns:
        its standard output, and the end of its standard error.

    Raises:
        TimeoutError: it takes too long, or writes without end.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    sound, errors = bytearray(), bytearray()
    deadline = time.monotonic() + _TIMEOUT
    with selectors.DefaultSelector() as streams:
        streams.register(process.stdin, selectors.EVENT_WRITE)
        streams.register(process.stdout, selectors.EVENT_READ)
        streams.register(process.stderr, selectors.EVENT_READ)
        while streams.get_map():
            if (left := deadline - time.monotonic()) <= 0:
                raise TimeoutError(f"it took more than {_TIMEOUT:g} s")
            for key, _ in streams.select(left):
                if key.fileobj is process.stdin:
                    try:
                        given = given[os.write(key.fd, given) :]
                    except BrokenPipeError:  # it speaks without reading
                        given = b""
                    if not given:
                        streams.unregister(process.stdin)
                        process.stdin.close()
                    continue
                piece = os.read(key.fd, _PIECE)
                if not piece:
                    streams.unregister(key.fileobj)
                elif key.fileobj is process.stdout:
                    sound += piece
                else:
                    errors = (errors + piece)[-_KEPT_ERRORS:]
            if len(sound) > _MOST_BYTES:
                raise TimeoutError(f"it wrote more than {_MOST_BYTES >> 20} MB for one sentence")
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"it did not end within {_TIMEOUT:g} s") from None
    return bytes(sound), bytes(errors)
