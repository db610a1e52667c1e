"""Makes the moving picture of the README, docs/conversation.webp: a face that speaks, then listens.

    python scripts/make_moving_picture.py [--portrait NAME] [--output FILE]

`dystream render` makes the frames of the conversation that ships with the package, in driven time; beside them this
script draws who talks, the words, and the sound of both parties. The same weights give the same picture.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import av  # noqa: E402
import matplotlib  # noqa: E402
import numpy as np  # noqa: E402
import soundfile  # noqa: E402
from PIL import Image, ImageDraw, ImageFont  # noqa: E402

from dystream_ros.assets import demo_conversation  # noqa: E402
from dystream_ros.cli import main as dystream  # noqa: E402

BEGIN, END = 1.9, 9.5  # s of the conversation: the robot greets, the visitor answers
FRAME_RATE = 25
FACE = 360  # px, width and height
PANEL = 440  # px
QUALITY = 55  # of WebP, 0 to 100
_BACK, _LINE, _PALE = "#14181f", "#3a4250", "#8b95a5"
_NAMES = {"self": "robot", "other": "visitor"}
_COLOURS = {"self": "#ff9f43", "other": "#4fb3ff"}
_CAPTIONS = {"self": "speaks", "other": "listens"}


def main() -> int:
    """Render the conversation, draw the frames, write the picture; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--portrait", default="lumi", help="a shipped portrait (default %(default)s)")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "docs" / "conversation.webp", help="file to write (default %(default)s)"
    )
    args = parser.parse_args()
    conversation = demo_conversation()
    phrases = json.loads(conversation.with_name("timing.json").read_text())
    sound, rate = soundfile.read(conversation, dtype="float32", always_2d=True)
    faces = _faces(conversation, args.portrait)
    waves = {party: _wave(sound[:, channel], rate) for channel, party in enumerate(_NAMES)}
    frames = [_frame(face, BEGIN + (index + 0.5) / FRAME_RATE, phrases, waves) for index, face in enumerate(faces)]
    frames[0].save(
        args.output,
        save_all=True,
        append_images=frames[1:],
        duration=1000 // FRAME_RATE,
        loop=0,
        quality=QUALITY,
        method=6,
    )
    print(f"wrote {args.output}: {len(frames)} frames, {args.output.stat().st_size / 1e6:.1f} MB")
    return 0


def _faces(conversation: Path, portrait: str) -> list[np.ndarray]:
    """Pictures uint8 (FACE, FACE, 3), RGB, of the frames from BEGIN to END."""
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "face.mp4"
        sources = [f"--self={conversation}", "--self-channel=0", f"--other={conversation}", "--other-channel=1"]
        picture = [f"--portrait={portrait}", "--framing=head", f"--size={FACE}", "--quality=8", f"--output={video}"]
        status = dystream(["render", *sources, *picture])
        if status:
            raise SystemExit(status)
        with av.open(str(video)) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return frames[round(BEGIN * FRAME_RATE) : round(END * FRAME_RATE)]


def _wave(samples: np.ndarray, rate: int) -> np.ndarray:
    """Loudest sample in each pixel of the panel from BEGIN to END, as a share of the loudest of all: (PANEL - 40,)."""
    part = np.abs(samples[round(BEGIN * rate) : round(END * rate)])
    peaks = np.array([piece.max() for piece in np.array_split(part, PANEL - 40)])
    return peaks / np.abs(samples).max()


def _frame(face: np.ndarray, now: float, phrases: list[dict], waves: dict[str, np.ndarray]) -> Image.Image:
    """The face at `now` seconds, and beside it who talks, the words and both waves."""
    frame = Image.new("RGB", (FACE + PANEL, FACE), _BACK)
    frame.paste(Image.fromarray(face), (0, 0))
    draw = ImageDraw.Draw(frame)
    talker = _talker(phrases, now)
    left, right = FACE + 20, FACE + PANEL - 20
    _draw_caption(draw, left, talker)
    draw.multiline_text((left, 98), _wrapped(_words(phrases, now)), "#ffffff", _font(17), spacing=6)
    played = round((now - BEGIN) / (END - BEGIN) * (right - left))
    for (party, wave), middle in zip(waves.items(), (222, 304), strict=True):
        draw.text((left, middle - 42), _NAMES[party], _COLOURS[party], _font(14))
        draw.line((left, middle, right, middle), _LINE)
        for x, height in enumerate(wave):
            reach = round(26 * float(height))
            colour = _COLOURS[party] if x <= played else _LINE
            draw.line((left + x, middle - reach, left + x, middle + reach), colour)
    draw.line((left + played, 190, left + played, 336), "#ffffff")
    return frame


def _draw_caption(draw: ImageDraw.ImageDraw, left: int, talker: str) -> None:
    """Draw what the face does, in the colour of the party that talks, and the name of that party."""
    draw.text((left, 18), _CAPTIONS[talker], _COLOURS[talker], _font(34, bold=True))
    draw.text((left, 66), f"the {_NAMES[talker]} talks", _PALE, _font(15))


def _talker(phrases: list[dict], now: float) -> str:
    """The party whose phrase began last; the face listens from the end of its own phrase on."""
    begun = [phrase for phrase in phrases if phrase["start"] <= now]
    last = begun[-1] if begun else phrases[0]
    return "other" if last["party"] == "self" and now > last["end"] else str(last["party"])


def _words(phrases: list[dict], now: float) -> str:
    """The phrase that is spoken, up to 0.4 s past its end."""
    spoken = [phrase["text"] for phrase in phrases if phrase["start"] <= now < phrase["end"] + 0.4]
    return spoken[-1] if spoken else ""


def _wrapped(text: str, width: int = 44) -> str:
    """Text in lines of up to `width` characters."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib: the same picture on every machine."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)


if __name__ == "__main__":
    sys.exit(main())
