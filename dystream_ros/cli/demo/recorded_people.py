"""A conversation of recorded people: two readers of telephone prompts, staged as two parties."""

from pathlib import Path

import numpy as np
import soundfile

from dystream_ros.audio.resample import MEDIA_RATE

_LEVEL = 10 ** (-22 / 20)  # RMS of a prompt as a share of full scale
# Debian packages of recordings by Allison Smith (English) and June Wallack (Canadian French), CC-BY-SA-3.0.
_READERS = {
    "self": ("asterisk-core-sounds-en-g722", "usr/share/asterisk/sounds/en_US_f_Allison"),
    "other": ("asterisk-core-sounds-fr-g722", "usr/share/asterisk/sounds/fr_CA_f_June"),
}
# Party, seconds after the end of the previous line (negative: they overlap), and recording.
_SCRIPT = (
    ("self", 0.8, "vm-intro"),
    ("other", 0.5, "demo-nogo"),
    ("self", 0.4, "demo-thanks"),
    ("other", 0.3, "dir-instr"),
    ("other", 0.7, "vm-opts"),
    ("self", -1.2, "queue-youarenext"),
    ("self", 0.9, "privacy-prompt"),
    ("other", 0.4, "vm-review-nonurgent"),
    ("self", 1.5, "demo-enterkeywords"),
)


def stage(cache: Path, folder: Path) -> tuple[Path, Path]:
    """Writes self.wav and other.wav of the staged conversation into `folder`; returns their paths.

    Args:
        cache: folder into which the recordings are downloaded.
        folder: made if missing.
    Raises:
        RuntimeError: a package cannot be downloaded.
    """
    from dystream_ros.cli.demo.debian_recordings import decode_g722, unpacked

    voices = {party: unpacked(package, cache) / inside for party, (package, inside) in _READERS.items()}
    sound = {party: [] for party in _READERS}
    end = 0.0
    for party, gap, name in _SCRIPT:
        samples = decode_g722(voices[party] / f"{name}.g722")
        samples = samples * (_LEVEL / np.sqrt(np.mean(samples**2)))
        sound[party].append((end + gap, samples))
        end += gap + len(samples) / MEDIA_RATE
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for party, lines in sound.items():
        track = np.zeros(round((end + 1.5) * MEDIA_RATE), np.float32)
        for start, samples in lines:
            first = round(start * MEDIA_RATE)
            track[first : first + len(samples)] += samples
        files.append(folder / f"{party}.wav")
        soundfile.write(files[-1], np.clip(track, -1.0, 1.0), MEDIA_RATE)
    return files[0], files[1]
