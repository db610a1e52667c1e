"""The voices of festival, whose segments have end times."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import soundfile

from dystream_lab.speech.engines.flite import respelled
from dystream_lab.speech.phones import Interval
from dystream_lab.speech.speech import Speech, SynthesisUnavailable, to_corpus_rate


@dataclass(frozen=True)
class Language:
    """Voices of one language.

    Attributes:
        packages: Debian packages of its voices.
        spell: respells English text for the letter-to-sound rules of the language.
    """

    packages: str
    spell: Callable[[str], str] = str


# Letters that Finnish lacks, and sounds with too few diphones in Finnish voices.
_FINNISH_LETTERS = {
    "tch": "ts", "ch": "ts", "sh": "s", "ph": "f", "th": "t", "ck": "kk", "qu": "kv", "wh": "v", "gh": "g",
    "c": "k", "q": "k", "x": "ks", "z": "s", "w": "v", "'": "",
}  # fmt: skip


def finnish_spelling(text: str) -> str:
    """English `text` in letters of Finnish, which leaves few missing diphones (replaced by silence)."""
    text = text.lower()
    for letters, written in _FINNISH_LETTERS.items():
        text = text.replace(letters, written)
    text = re.sub(r"ng\b", "n", text)
    return re.sub(r"([a-z])\s+(?=\1)", " ", text)  # a sound repeated across two words has no diphone


LANGUAGES = {
    "festival": Language("festvox-kdlpc16k festvox-kallpc16k festvox-us-slt-hts"),
    "festival-fi": Language("festvox-suopuhe-lj festvox-suopuhe-mv", finnish_spelling),
    "festival-ca": Language("festvox-ca-ona-hts"),
}


class FestivalSynthesizer:
    """Synthesizes with Debian's festival and festvox voices; those of other languages use their own rules."""

    def __init__(self, engine: str = "festival") -> None:
        """`engine` is a key of LANGUAGES. Raises SynthesisUnavailable when the command is missing."""
        self.engine = engine
        self._language = LANGUAGES[engine]
        if shutil.which("festival") is None:
            raise SynthesisUnavailable(f"no command festival: apt-get install festival {self._language.packages}")

    def speak(self, voice: str, text: str, rate: float = 1.0) -> Speech:
        """Speech of `text`; `rate` 1 is the voice's own pace. Raises SynthesisUnavailable for an unknown voice."""
        with tempfile.TemporaryDirectory() as folder:
            wav, labels, script = (Path(folder, name) for name in ("speech.wav", "speech.lab", "speech.scm"))
            words = self._language.spell(respelled(text)).replace("\\", " ").replace('"', " ")
            script.write_text(
                f"(voice_{voice})\n(Parameter.set 'Duration_Stretch {1 / rate:.3f})\n"
                f'(set! speech (Utterance Text "{words}"))\n'
                f'(utt.synth speech)\n(utt.save.segs speech "{labels}")\n(utt.save.wave speech "{wav}" \'riff)\n'
            )
            done = subprocess.run(
                ["festival", "-b", str(script)], capture_output=True, text=True, errors="replace", check=False
            )
            if not wav.exists():
                raise SynthesisUnavailable(
                    f"festival cannot speak with voice {voice!r}: {done.stderr.strip()}; its voices come with "
                    f"apt-get install {self._language.packages}"
                )
            samples, sample_rate = soundfile.read(wav, dtype="float32")
            symbols = read_segments(labels)
        return Speech(to_corpus_rate(samples, sample_rate), symbols, text, self.engine, voice)


def read_segments(path: Path) -> tuple[Interval, ...]:
    """Timed symbols of an xlabel file: after a line "#", each line is end time, colour and symbol."""
    lines = path.read_text().splitlines()
    symbols = []
    start = 0.0
    for line in lines[lines.index("#") + 1 :]:
        end, _, symbol = line.split()[:3]
        symbols.append((start, float(end), symbol))
        start = float(end)
    return tuple(symbols)
