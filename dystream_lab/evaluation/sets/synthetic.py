"""Synthetic voices that no model of ours was trained on, with the phone times that their engines give."""

from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from dystream_lab.corpus.cast import prepare
from dystream_lab.evaluation.sets.utterance import Utterance, padded
from dystream_lab.speech.collect import Synthesizer
from dystream_lab.speech.engines.catalogue import create
from dystream_lab.speech.speech import SpeechCache

# Speakers, not files: slt and kal by two engines each, heart by two, and joe by an engine that was never trained on.
VOICES = (
    ("flite", "slt"),
    ("flite", "kal"),
    ("festival", "cmu_us_slt_arctic_hts"),
    ("festival", "kal_diphone"),
    ("kokoro", "af_heart"),
    ("hibari", "af_heart"),
    ("piper", "joe"),
)
GROUP = "synthetic"
BEFORE, AFTER = 0.5, 0.8  # seconds of silence around: a session has begun, and the mouth has time to come to rest

# Written for this project; none of them is a training sentence.
TEXTS = """
Pamela baked four plum puddings for the village fair.
Why would a baboon move into my bathroom?
Five brave firemen pulled the puppy from the flooded mine.
Momma's old blue Volvo broke down above Beaver Falls.
Who threw away my favourite woollen pullover?
The boat show opens tomorrow, so book two rooms by noon.
I have been humming the same tune for half a week.
Vivian approves of warm food and soft pillows.
Both moving vans were parked beneath the maple tree.
A bumpy flight from Havana made everybody feel awful.
Push the button above the pipe, then pull the lever up.
My nephew found a few shiny pebbles by the waterfall.
Do you suppose the bishop would refuse a bowl of mushroom soup?
Philip stuffed the empty envelope with movie tickets.
The mayor's public promise was both vague and improbable.
Mop up the foam before it leaves a mark.
Someone behind us whooped, and the umpire woke up.
A fever of one hundred and five is a matter for the hospital.
Wombats prefer to move about at midnight.
We could prove that the loom wove a perfect pattern.
The opera's famous bass forgot half of his part.
Give Mabel my love, and wave from the platform.
Most viewers voted for the impossible option.
Ruth put four spoons of brown sugar in her coffee.
He hopes to publish a volume of poems about foxgloves.
A map, a lamp, a cup, and two woollen mittens.
""".strip().splitlines()


def load(cache: Path) -> list[Utterance]:
    """All test voices saying TEXTS; what the cache lacks is synthesized.

    Raises SynthesisUnavailable when an engine is not installed; the message says how to get it.
    """
    speech = SpeechCache(cache / "speech")
    wanted = len(VOICES) * len(TEXTS)
    return list(tqdm(_utterances(speech, cache / "kokoro-styles"), GROUP, wanted, unit="utterance", disable=None))


def _utterances(speech: SpeechCache, styles: Path) -> Iterator[Utterance]:
    for engine, voice in VOICES:
        synthesizer: Synthesizer | None = None
        for number, text in enumerate(TEXTS):
            path = speech.path(engine, voice, text, 1.0)
            if not path.exists():
                synthesizer = synthesizer or create(engine, styles)
                speech.store(synthesizer.speak(voice, text), path)
            line = prepare(speech.load(path))
            name = f"{engine}-{voice}-{number + 1:02d}"
            yield padded(Utterance(name, GROUP, f"{engine}/{voice}", line.samples, line.phones), BEFORE, AFTER)
