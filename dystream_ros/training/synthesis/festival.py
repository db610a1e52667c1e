"""The voices of festival, whose segments carry their end times."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import soundfile

from dystream_ros.training.phones import Interval
from dystream_ros.training.synthesis.flite import respelled
from dystream_ros.training.synthesis.speech import Speech, SynthesisUnavailable, to_corpus_rate


class FestivalSynthesizer:
    """Speaks with Debian's festival and festvox voices."""

    engine = "festival"

    def __init__(self) -> None:
        """Raises SynthesisUnavailable without the command."""
        if shutil.which("festival") is None:
            raise SynthesisUnavailable("no command festival: apt-get install festival festvox-kdlpc16k")

    def speak(self, voice: str, text: str, rate: float = 1.0) -> Speech:
        """Speech of `text`; `rate` 1 is the voice's own pace. Raises SynthesisUnavailable for an unknown voice."""
        with tempfile.TemporaryDirectory() as folder:
            wav, labels, script = (Path(folder, name) for name in ("speech.wav", "speech.lab", "speech.scm"))
            words = respelled(text).replace("\\", " ").replace('"', " ")
            script.write_text(
                f"(voice_{voice})\n(Parameter.set 'Duration_Stretch {1 / rate:.3f})\n"
                f'(set! speech (Utterance Text "{words}"))\n'
                f'(utt.synth speech)\n(utt.save.segs speech "{labels}")\n(utt.save.wave speech "{wav}" \'riff)\n'
            )
            done = subprocess.run(["festival", "-b", str(script)], capture_output=True, text=True, check=False)
            if not wav.exists():
                raise SynthesisUnavailable(f"festival cannot speak with voice {voice!r}: {done.stderr.strip()}")
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
