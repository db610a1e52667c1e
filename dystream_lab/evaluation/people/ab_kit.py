"""A kit for a blind comparison by people: pairs of clips, a page that plays them, a score sheet and a key.

Sides are shuffled by the seed and named in the key alone; judges get the folder without it. File names are neutral, and
both clips of a pair have the same sound, portrait and length.
"""

import csv
import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dystream_lab.whole_files import write_text

QUESTIONS = (
    ("lips", "Whose lips fit the words better?"),
    ("listening", "Who seems to listen better?"),
    ("alive", "Who seems more alive?"),
)
SHEET = "scores.csv"
KEY = "key.json"
PAGE = "index.html"
ANSWERS = ("left", "right", "same")


@dataclass(frozen=True)
class Pair:
    """One comparison: its number from 1, the conversation, and the systems on the left and right."""

    number: int
    clip: str
    left: str
    right: str

    def file(self, side: str) -> str:
        """Name of the video of a side within the kit."""
        return f"pair{self.number:02d}-{side}.mp4"


def pairs(systems: Sequence[str], clips: Sequence[str], seed: int) -> list[Pair]:
    """Every two systems on every clip, in random order, with random sides that are balanced.

    Raises:
        ValueError: fewer than two systems, two of one name, or no clip.
    """
    if len(systems) < 2 or len(set(systems)) < len(systems):
        raise ValueError(f"a comparison needs two or more systems with different names; given are {list(systems)}")
    if not clips:
        raise ValueError("a comparison needs at least one clip")
    rng = np.random.default_rng(seed)
    made = []
    for first in range(len(systems)):
        for second in range(first + 1, len(systems)):
            swapped = rng.permutation(np.arange(len(clips)) % 2)
            for clip, swap in zip(clips, swapped):
                sides = (systems[first], systems[second])
                made.append((clip, *(sides[::-1] if swap else sides)))
    return [Pair(number + 1, *made[index]) for number, index in enumerate(rng.permutation(len(made)))]


def build(folder: Path, comparisons: Sequence[Pair], render: Callable[[Path, str, str], None]) -> None:
    """Writes the kit; `render(path, system, clip)` writes each video.

    Raises:
        ValueError: the folder has a kit already; its scores would no longer fit.
    """
    folder = Path(folder)
    if (folder / PAGE).exists():
        raise ValueError(f"{folder} has a kit already; choose another folder or delete that one")
    (folder / "clips").mkdir(parents=True, exist_ok=True)
    for pair in comparisons:
        render(folder / "clips" / pair.file("left"), pair.left, pair.clip)
        render(folder / "clips" / pair.file("right"), pair.right, pair.clip)
    with (folder / SHEET).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["person", "pair", *(name for name, _ in QUESTIONS)])
        writer.writerows(["", pair.number, *("" for _ in QUESTIONS)] for pair in comparisons)
    key = [{"pair": pair.number, "clip": pair.clip, "left": pair.left, "right": pair.right} for pair in comparisons]
    write_text(folder / KEY, json.dumps(key, indent=1) + "\n")
    # Last: a folder with a page is a kit, which is never written again, and one without its key could not be scored.
    write_text(folder / PAGE, page(comparisons))


def page(comparisons: Sequence[Pair]) -> str:
    """HTML that plays both videos of a pair together and saves the answers as a score sheet."""
    sections = []
    for pair in comparisons:
        videos = "".join(
            f'<figure><video src="clips/{pair.file(side)}" preload="metadata" playsinline'
            f"{' muted' if side == 'right' else ''}></video><figcaption>{side}</figcaption></figure>"
            for side in ("left", "right")
        )
        questions = "".join(
            f"<fieldset><legend>{html.escape(text)}</legend>"
            + "".join(
                f'<label><input type="radio" name="{pair.number}-{name}" value="{answer}"> {answer}</label>'
                for answer in ANSWERS
            )
            + "</fieldset>"
            for name, text in QUESTIONS
        )
        sections.append(
            f'<section data-pair="{pair.number}"><h2>Pair {pair.number} of {len(comparisons)}</h2>'
            f'<div class="videos">{videos}</div><button class="play">Play both</button>{questions}</section>'
        )
    names = json.dumps([name for name, _ in QUESTIONS])
    return _PAGE.replace("SECTIONS", "\n".join(sections)).replace("NAMES", names).replace("SHEET", SHEET)


def score(key: Path, sheets: Sequence[Path]) -> dict[str, dict[str, list[float]]]:
    """Preferences by question: {question: {"a over b": [share, low, high, answers]}}.

    "same" counts half for each; the 95 % interval is Wilson's (1927) for independent answers.

    Raises:
        ValueError: a sheet is of another kit or no table of its columns, an answer is none of `ANSWERS`, a person
            answered a pair twice, or there is no answer.
    """
    known = {entry["pair"]: entry for entry in json.loads(Path(key).read_text())}
    votes: dict[str, dict[str, list[float]]] = {name: {} for name, _ in QUESTIONS}
    seen: dict[tuple[str, int], Path] = {}
    for sheet in sheets:
        for row in _rows(sheet):
            pair = known.get(int(row["pair"])) if row["pair"].isdecimal() else None
            if pair is None:
                raise ValueError(f"{sheet} scores pair {row['pair']!r}, which {key} does not have")
            if not _count(votes, row, pair, sheet) or not row["person"]:
                continue
            # A sheet that was saved twice would count twice, and narrow the interval.
            answer = row["person"], pair["pair"]
            if answer in seen:
                raise ValueError(
                    f"{row['person']!r} answers pair {row['pair']} in {seen[answer]} and in {sheet}: leave out one of "
                    "them, or give each person another name"
                )
            seen[answer] = sheet
    if not any(votes.values()):
        raise ValueError(f"no answer in {', '.join(map(str, sheets))}: write {', '.join(ANSWERS)} into the columns")
    return {question: {name: _share(given) for name, given in found.items()} for question, found in votes.items()}


def _rows(sheet: Path) -> list[dict[str, str]]:
    """The rows of a score sheet by column, without outer spaces; as spreadsheets save it, with commas or semicolons."""
    text = Path(sheet).read_text(encoding="utf-8-sig")
    columns = ("person", "pair", *(name for name, _ in QUESTIONS))
    separator = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.DictReader(text.splitlines(), delimiter=separator)
    if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
        raise ValueError(f"{sheet} is no score sheet: it lacks the column(s) {', '.join(missing)}")
    return [{name: (row[name] or "").strip() for name in columns} for row in reader]


def _count(votes: dict[str, dict[str, list[float]]], row: dict[str, str], pair: dict, sheet: Path) -> bool:
    """Adds the answers of a row; whether it has any."""
    answers = 0
    first, second = sorted((pair["left"], pair["right"]))
    for question, _ in QUESTIONS:
        answer = row[question]
        if not answer:
            continue
        if answer not in ANSWERS:
            raise ValueError(f"{sheet}, pair {row['pair']}: {answer!r} is none of {', '.join(ANSWERS)}")
        answers += 1
        vote = 0.5 if answer == "same" else float(pair[answer] == first)
        votes[question].setdefault(f"{first} over {second}", []).append(vote)
    return answers > 0


def _share(votes: Sequence[float]) -> list[float]:
    count, share, z = len(votes), float(np.mean(votes)), 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return [share, float(middle - half), float(middle + half), count]


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Which face?</title>
<style>
body { font: 16px/1.5 sans-serif; max-width: 1100px; margin: 2em auto; padding: 0 1em }
.videos { display: flex; gap: 1em } figure { flex: 1; margin: 0; text-align: center } video { width: 100% }
fieldset { border: 0; padding: .4em 0 } label { margin-right: 1.5em } section { margin-bottom: 3em }
</style>
<h1>Which face?</h1>
<p>Both faces take part in the same conversation. Play each pair as often as you like, then answer; leave a question
open if it does not apply. At the end save the score sheet and return it to the person who sent you this page.</p>
<p><label>Your name or number <input id="person"></label></p>
SECTIONS
<button id="save">Save the score sheet</button>
<script>
const names = NAMES;
for (const section of document.querySelectorAll("section")) {
  const videos = [...section.querySelectorAll("video")];
  section.querySelector(".play").onclick = () => {
    for (const video of document.querySelectorAll("video")) video.pause();
    for (const video of videos) { video.currentTime = 0; video.play(); }
  };
}
document.getElementById("save").onclick = () => {
  const person = document.getElementById("person").value.replaceAll('"', "'");
  const lines = [["person", "pair", ...names].join(",")];
  for (const section of document.querySelectorAll("section")) {
    const pair = section.dataset.pair;
    const given = names.map(name => document.querySelector(`input[name="${pair}-${name}"]:checked`)?.value ?? "");
    lines.push([`"${person}"`, pair, ...given].join(","));
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\\n") + "\\n"], { type: "text/csv" }));
  link.download = "SHEET";
  link.click();
};
</script>
</html>
"""
