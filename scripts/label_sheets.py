"""Draws the real test voice with its labels for inspection: spectrogram, waveform and phones, some prompts per sheet.

    python scripts/label_sheets.py build/sheets --cache build/evaluation
    python scripts/label_sheets.py build/sheets --only vm-intro dir-welcome --sounds

Times are those of the labels: seconds of the prompt's own file, without the silence that the set puts before it.
Borders of P, B, M are red, of F, V green, of others blue. Sounds in labelled silences that exceed the noise floor are
orange, and blue if they are listed as breaths; --sounds prints them with their level below the loud parts of the
speech. Only pictures are written: `breaths` in the labels is edited by hand.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dystream_lab.evaluation.sets import asterisk  # noqa: E402
from dystream_lab.evaluation.sets.synthetic import BEFORE  # noqa: E402
from dystream_lab.evaluation.sets.utterance import Utterance  # noqa: E402
from dystream_lab.rates import SAMPLE_RATE  # noqa: E402

_HOP = 80  # samples of a level: 5 ms
_WINDOW = 160
_MARGIN = 0.03  # s around labelled speech that belong to it: a release, the end of a vowel
_ABOVE = 10.0  # dB above the floor from which a silence has sound
_AUDIBLE = 45.0  # dB below the loud parts of the speech, limit of audible sound
_SHORTEST = 0.01  # s
_GAP = 0.03  # s between two sounds
_PIXELS = 290  # per second: 3.4 ms per pixel
_COLOURS = dict.fromkeys("PBM", "red") | dict.fromkeys("FV", "lime")


@dataclass(frozen=True)
class Sound:
    """A sound in a silence: s in the prompt's file, and level of its loudest 10 ms below the loud speech, dB."""

    start: float
    end: float
    below: float


def main() -> None:
    """Draws the sheets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="folder of sheet-NN.png")
    parser.add_argument(
        "--cache", type=Path, default=Path("build/evaluation"), metavar="FOLDER", help="speech (default %(default)s)"
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="prompts to draw (default: all)")
    parser.add_argument("--rows", type=int, default=7, help="rows per sheet (default %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=3.4, help="length of a row; a longer prompt continues in the next"
    )
    parser.add_argument("--sounds", action="store_true", help="print the sounds in labelled silences")
    args = parser.parse_args()
    utterances = asterisk.load(args.cache)
    unknown = set(args.only or ()) - {utterance.name for utterance in utterances}
    if unknown:
        parser.error(f"no prompts {sorted(unknown)}; a name is that of labels, with - for /")
    chosen = [utterance for utterance in utterances if not args.only or utterance.name in args.only]
    if args.sounds:
        for utterance in chosen:
            for sound in sounds_in_silences(utterance):
                print(f"{utterance.name:40} {sound.start:6.2f} {sound.end:6.2f}  {sound.below:5.1f} dB below")
    rows = [
        (utterance, at)
        for utterance in chosen
        for at in np.arange(0.0, utterance.phones[-1][1] - BEFORE + _MARGIN, args.seconds)
    ]
    args.output.mkdir(parents=True, exist_ok=True)
    for number, first in enumerate(range(0, len(rows), args.rows)):
        path = args.output / f"sheet-{number:02d}.png"
        draw(rows[first : first + args.rows], args.seconds, path)
        print(f"wrote {path}: {', '.join(utterance.name for utterance, _ in rows[first : first + args.rows])}")


def _own(utterance: Utterance) -> np.ndarray:
    """The samples of the prompt without the added silence."""
    return np.trim_zeros(utterance.samples[round(BEFORE * SAMPLE_RATE) :], "b")


def levels(samples: np.ndarray) -> np.ndarray:
    """Level in dB of 10 ms every 5 ms, after pre-emphasis against hum: (n // 80,)."""
    power = (samples - 0.97 * np.concatenate([samples[:1], samples[:-1]])) ** 2
    count = len(samples) // _HOP
    sums = np.concatenate([[0.0], np.cumsum(np.pad(power, (_WINDOW // 2, _WINDOW)))])
    starts = np.arange(count) * _HOP
    return 10.0 * np.log10((sums[starts + _WINDOW] - sums[starts]) / _WINDOW + 1e-9)


def sounds_in_silences(utterance: Utterance) -> list[Sound]:
    """Segments of labelled silence at least `_ABOVE` the floor and at most `_AUDIBLE` below the speech."""
    level = levels(_own(utterance))
    times = np.arange(len(level)) * _HOP / SAMPLE_RATE
    silent = np.ones(len(level), bool)
    for start, end, _ in utterance.phones:
        silent &= (times < start - BEFORE - _MARGIN) | (times > end - BEFORE + _MARGIN)
    loud = np.percentile(level[~silent], 90)
    stands = silent & (level > max(np.percentile(level, 3) + _ABOVE, loud - _AUDIBLE))
    runs: list[list[float]] = []
    for time in times[stands]:
        if runs and time - runs[-1][1] < _GAP:
            runs[-1][1] = time
        else:
            runs.append([time, time])
    step = _HOP / SAMPLE_RATE
    return [
        Sound(start, end + step, float(loud - level[(times >= start) & (times <= end)].max()))
        for start, end in runs
        if end + step - start >= _SHORTEST
    ]


def draw(rows: list[tuple[Utterance, float]], seconds: float, path: Path) -> None:
    """Draws one sheet: for each (prompt, first second) the spectrogram with borders, and the waveform with phones."""
    figure, axes = plt.subplots(
        2 * len(rows), 1, figsize=(seconds * _PIXELS / 100 + 0.1, 1.65 * len(rows)), height_ratios=[2.6, 1] * len(rows),
        squeeze=False,
    )  # fmt: skip
    for place, (utterance, at) in enumerate(rows):
        _draw_prompt(axes[2 * place, 0], axes[2 * place + 1, 0], utterance, at, at + seconds)
    figure.subplots_adjust(left=0.004, right=0.996, top=0.985, bottom=0.003, hspace=0.34)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _draw_prompt(image: plt.Axes, wave: plt.Axes, utterance: Utterance, start: float, end: float) -> None:
    samples = _own(utterance)
    dithered = samples + 1e-5 * np.random.default_rng(0).standard_normal(len(samples))
    image.specgram(dithered, NFFT=256, noverlap=216, Fs=SAMPLE_RATE, vmin=-115, vmax=-40, cmap="gray_r")
    image.set_title(f"{utterance.name} {start:.0f} s", loc="left", fontsize=8, pad=2)
    wave.plot(np.arange(len(samples)) / SAMPLE_RATE, samples, linewidth=0.3, color="0.6")
    wave.set_ylim(-0.5, 0.5)
    for begin, finish, phone in utterance.phones:
        begin, finish = begin - BEFORE, finish - BEFORE
        # Other borders are short, to keep the spectrogram readable.
        colour, share = (_COLOURS[phone], 1.0) if phone in _COLOURS else ("tab:blue", 0.15)
        for border in (begin, finish):
            image.axvline(border, ymax=share, color=colour, linewidth=0.6)
            wave.axvline(border, color=colour, linewidth=0.5)
        if start <= (begin + finish) / 2 < end:
            wave.text((begin + finish) / 2, 0, phone, ha="center", va="center", fontsize=7)
    for sound in sounds_in_silences(utterance):
        image.axvspan(sound.start, sound.end, ymin=0.85, color="orange", linewidth=0)
    for begin, finish in utterance.breaths:
        image.axvspan(begin - BEFORE, finish - BEFORE, ymin=0.7, ymax=0.85, color="blue", linewidth=0)
    for axis in (image, wave):
        axis.set_xlim(start, end)
        axis.set_yticks([])
    image.set_xticks(np.arange(start, end, 0.1))
    image.tick_params(labelsize=6, pad=1, length=2)
    wave.set_xticks([])


if __name__ == "__main__":
    main()
