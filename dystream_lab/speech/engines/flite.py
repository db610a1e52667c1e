"""The voices of flite, whose command prints the end time of each phone."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import soundfile

from dystream_lab.speech.speech import Speech, SynthesisUnavailable, to_corpus_rate

# flite would spell "mhm"; its dictionary has these words instead.
_RESPELL = {"Mhm": "Um hum", "Uh huh": "Uh huh", "Hmm": "Um"}


def respelled(text: str) -> str:
    """`text` with interjections that rule-based engines would spell out replaced by words of their dictionary."""
    for written, spoken in _RESPELL.items():
        text = text.replace(written, spoken)
    return text


class FliteSynthesizer:
    """Synthesizes with Debian's flite."""

    engine = "flite"

    def __init__(self) -> None:
        """Raises SynthesisUnavailable when the command is missing."""
        if shutil.which("flite") is None:
            raise SynthesisUnavailable("no command flite: apt-get install flite")
        listed = subprocess.run(["flite", "-lv"], capture_output=True, text=True, check=True).stdout
        self._voices = listed.partition(":")[2].split()

    def speak(self, voice: str, text: str, rate: float = 1.0) -> Speech:
        """Speech of `text`; `rate` 1 is the voice's own pace. Raises SynthesisUnavailable for an unknown voice."""
        if voice not in self._voices:  # flite would use its default voice without an error
            raise SynthesisUnavailable(f"flite has no voice {voice!r}; it has {', '.join(self._voices)}")
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder, "speech.wav")
            command = ["flite", "-voice", voice, "--setf", f"duration_stretch={1 / rate:.3f}", "-psdur"]
            done = subprocess.run(
                [*command, "-t", respelled(text), "-o", str(wav)], capture_output=True, text=True, check=False
            )
            if done.returncode != 0 or not wav.exists():
                raise SynthesisUnavailable(f"flite cannot speak with voice {voice!r}: {done.stderr.strip()}")
            samples, sample_rate = soundfile.read(wav, dtype="float32")
        symbols = []
        start = 0.0
        for item in done.stdout.split():
            symbol, _, end = item.rpartition(":")
            symbols.append((start, float(end), symbol))
            start = float(end)
        return Speech(to_corpus_rate(samples, sample_rate), tuple(symbols), text, self.engine, voice)
