"""Hearing in rooms as they are: machines, people in the background, reverberation, codecs, offsets, echo, soft voices.

Each condition changes recordings of labelled speech, or replaces them by a sound that nobody speaks. Voices and sounds
are those that training never saw: the noises are of machine_noises.py, the talkers in the background are of another set
than the voice in front. docs/evaluation.md defines the measures and gives the bars.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

from dystream_lab.corpus import events
from dystream_lab.corpus.augmentation import speaking_rms
from dystream_lab.corpus.codecs import through_codec
from dystream_lab.evaluation.measures import lips
from dystream_lab.evaluation.measures.intervals import Summary, bootstrap
from dystream_lab.evaluation.measures.machine_noises import MACHINES, TONES, sounding_at
from dystream_lab.evaluation.measures.stillness import Scene, pauses, percentiles, sounding, tallied
from dystream_lab.evaluation.rows.streaming import stream
from dystream_lab.evaluation.sets.target import Target, target_of
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import FRAME_RATE, HOP, SAMPLE_RATE
from dystream_ros.audio.activity import VoiceActivity
from dystream_ros.engine.interfaces import Model
from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_NAMES

MACHINE_LEVEL = -35.0  # dBFS
SPEECH_ABOVE = 10.0  # dB by which speech is louder than a machine, where both sound
BACKGROUND = (-20, -10)  # dB of the talkers in the background, relative to the voice
REVERBERATION = 0.8  # RT60, s
DIRECT = (3, -3)  # direct to reverberant, dB
OFFSETS = (0.02, 0.2)  # of full scale
ECHO_DELAYS = (100, 250, 400)  # ms
ECHO_LEVEL = -20.0  # dB relative to the partner's own channel
SOFT_LEVEL = -55.0  # dBFS
USUAL_LEVEL = -23.0  # dBFS of a voice where a condition gives no other level
TONE_LEVEL = -25.0  # dBFS of beeps and chirps
EVERY = 3  # of the real voice's recordings that are used: each is streamed in every condition

BARS = {
    "machines in other: speaking %": "<= 2",
    "machines and speech in other: found %": ">= 90",
    "machines in self p95 %": "<= 5",
    "people -20 dB in self, pauses p95 %": "<= 8",
    "people -10 dB in self, pauses p95 %": "<= 8",
    "people -20 dB in self, P B M": ">= 0.9",
    "people -10 dB in self, P B M": ">= 0.8",
    "room +3 dB, P B M": ">= 0.88",
    "room +3 dB, F V": ">= 0.85",
    "room +3 dB, correlation": ">= 0.80",
    "room -3 dB, P B M": ">= 0.8",
    "room -3 dB, F V": ">= 0.7",
    "room -3 dB, correlation": ">= 0.75",
    "MP3 24 kbit/s, P B M": ">= 0.9",
    **{f"offset {offset:g}, pauses p95 %": "<= 5" for offset in OFFSETS},
    **{f"partner {delay} ms late in self p95 %": "<= 8" for delay in ECHO_DELAYS},
    "soft voice, false closures /s": "<= 0.6",
    **{f"{name} in self p95 %": "<= 5" for name in TONES},
}

_SECONDS = 20.0
_Change = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def of_level(sound: np.ndarray, level: float) -> np.ndarray:
    """`sound` (n,) with its speaking parts at an rms of `level` dBFS, clipped to -1 to 1."""
    return sounding_at(sound.astype(np.float64), level)


def room(rng: np.random.Generator, sound: np.ndarray, direct: float) -> np.ndarray:
    """`sound` (n,) in a room of `REVERBERATION` s with `direct` dB of direct to reverberant sound.

    Reflections of a shoebox of image sources in one dimension per wall, then a tail of noise that decays faster at high
    frequencies; the direct sound stays where it is.
    """
    count = int(1.2 * REVERBERATION * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    tail = np.zeros(count)
    for low, high, share in ((80.0, 1000.0, 1.0), (1000.0, 3500.0, 0.8), (3500.0, 7900.0, 0.5)):
        band = sosfilt(butter(2, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos"), rng.standard_normal(count))
        tail += band * 10.0 ** (-3.0 * time / (share * REVERBERATION))
    tail[: int(0.02 * SAMPLE_RATE)] *= 0.1
    for length in rng.uniform(2.0, 9.0, 3):  # m, to a wall and back
        for order in (1, 2, 3):
            place = int(order * length / 343.0 * SAMPLE_RATE)
            if 0 < place < count:
                tail[place] += 8.0 * tail.std() * 0.7**order * rng.choice((-1.0, 1.0))
    tail[0] = 0.0
    tail *= 10.0 ** (-direct / 20.0) / np.sqrt(np.sum(np.square(tail)))
    tail[0] = 1.0
    return fftconvolve(sound, tail)[: len(sound)]


def echo_of(partner: np.ndarray, delay_ms: float) -> np.ndarray:
    """The partner's sound (n,) as a loudspeaker brings it to the own microphone: late, dull, `ECHO_LEVEL` dB."""
    late = np.concatenate([np.zeros(round(delay_ms * SAMPLE_RATE / 1000)), partner])[: len(partner)]
    dull = sosfilt(butter(1, (150.0, 3500.0), "bandpass", fs=SAMPLE_RATE, output="sos"), late)
    return (dull * 10.0 ** (ECHO_LEVEL / 20.0)).astype(np.float32)


def crowd_for(rng: np.random.Generator, others: Sequence[np.ndarray], samples: int) -> np.ndarray:
    """Two people who talk somewhere in the room (samples,), of the voices `others`."""
    sound = np.zeros(samples)
    for _ in range(2):
        voice = np.concatenate([others[place] for place in rng.permutation(len(others))[:8]])
        sound += np.resize(np.roll(voice, rng.integers(len(voice))), samples) / speaking_rms(voice)
    return room(rng, sound, 0.0)


def spoken_conditions(others: Sequence[np.ndarray]) -> dict[str, _Change]:
    """By name, how a condition changes a recording (n,) of the own voice; `others` are voices in the background."""

    def with_people(level: float) -> _Change:
        def change(rng: np.random.Generator, sound: np.ndarray) -> np.ndarray:
            crowd = crowd_for(rng, others, len(sound))
            return of_level(sound, USUAL_LEVEL) + of_level(crowd, USUAL_LEVEL + level)

        return change

    made: dict[str, _Change] = {f"people {level} dB in self": with_people(level) for level in BACKGROUND}
    for direct in DIRECT:
        made[f"room {direct:+d} dB"] = lambda rng, sound, direct=direct: of_level(room(rng, sound, direct), USUAL_LEVEL)
    made["MP3 24 kbit/s"] = lambda _, sound: through_codec(of_level(sound, USUAL_LEVEL), "mp3", 24_000)
    for offset in OFFSETS:
        made[f"offset {offset:g}"] = lambda _, sound, offset=offset: of_level(sound, USUAL_LEVEL) + offset
    made["soft voice"] = lambda _, sound: of_level(sound, SOFT_LEVEL)
    return made


def silent_scenes(partners: Sequence[np.ndarray], seed: int = 0) -> dict[str, list[Scene]]:
    """Sessions of a face that does not speak, by condition; `partners` are voices (n,), one per session."""
    samples = int(_SECONDS * SAMPLE_RATE)
    nothing, always = np.zeros(samples, np.float32), np.ones(samples // HOP, bool)
    rngs = np.random.default_rng(seed).spawn(len(MACHINES) + len(TONES))
    machines = [sounding_at(noise(rng, samples), MACHINE_LEVEL) for noise, rng in zip(MACHINES.values(), rngs)]
    made = {
        "silence": [Scene(nothing, nothing, always) for _ in machines],
        "machines in other": [Scene(nothing, sound, always) for sound in machines],
        "machines in self": [Scene(sound, nothing, always) for sound in machines],
    }
    for (name, noise), rng in zip(TONES.items(), rngs[len(MACHINES) :]):
        made[f"{name} in self"] = [
            Scene(sounding_at(noise(each, samples), TONE_LEVEL), nothing, always) for each in rng.spawn(4)
        ]
    voices = [of_level(np.resize(voice, samples), USUAL_LEVEL) for voice in partners]
    for delay in ECHO_DELAYS:
        late = -(-delay * FRAME_RATE // 1000)
        made[f"partner {delay} ms late in self"] = [
            Scene(echo_of(voice, delay), voice, np.convolve(sounding(voice), np.ones(late + 1))[: len(always)] > 0)
            for voice in voices
        ]
    return made


def measure(
    model: Model, recordings: Sequence[Utterance], others: Sequence[np.ndarray], seeds: int, seed: int = 0
) -> Summary:
    """Measures of a model by condition, with intervals over recordings and seeds.

    Args:
        model: streamed with its own past motion.
        recordings: labelled speech of the own voice.
        others: voices (n,) in the background, and partners.
        seeds: number of runs with different seeds of the model.
        seed: of the sounds.
    """
    scenes = silent_scenes(others[:6], seed)
    made = {name: [[_padded_stream(model, of, 1000 * run) for run in range(seeds)], of] for name, of in scenes.items()}
    summary: Summary = {}
    for name, (motions, of) in made.items():
        if not name.startswith(("machines in other", "silence")):
            summary |= _opened(name, motions, of)
    for name in ("silence", "machines in other"):
        summary |= bootstrap(
            np.array([[_moved(motion) for motion in of_run] for of_run in made[name][0]]),
            lambda sums, name=name: {
                f"{name}: {what} /min": sums[..., place] / sums[..., 2] for place, what in enumerate(("nods", "blinks"))
            },
        )
    summary |= detection(recordings, [scene.other for scene in scenes["machines in other"]])
    for name, change in spoken_conditions(others).items():
        summary |= _spoken(model, name, [_heard(each, change, seed) for each in recordings], seeds)
    return summary


def detection(recordings: Sequence[Utterance], machines: Sequence[np.ndarray]) -> Summary:
    """Frames that count as speech, in per cent: of machines alone, and of speech above machines."""
    alone = np.array([[_counted(_speaking(sound), np.ones(len(sound) // HOP, bool)) for sound in machines]])
    above = []
    for index, each in enumerate(recordings):
        machine = np.resize(machines[index % len(machines)], len(each.samples))
        sound = of_level(each.samples, MACHINE_LEVEL + SPEECH_ABOVE) + machine
        above.append(_counted(_speaking(sound.astype(np.float32)), each.speaks))

    def shares(sums: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"": 100 * sums[..., 0] / sums[..., 1]}

    found = bootstrap(alone.astype(np.float64), shares)[""], bootstrap(np.array([above], np.float64), shares)[""]
    return dict(zip(("machines in other: speaking %", "machines and speech in other: found %"), found))


def _speaking(sound: np.ndarray) -> np.ndarray:
    """Whether the head's detector hears a voice in each frame of a sound (n,): bool (n // 640,)."""
    activity = VoiceActivity()
    activity.add(np.pad(sound, (0, HOP)))
    return np.array([activity.speaking(first, first + HOP) for first in range(0, len(sound) // HOP * HOP, HOP)], bool)


def _counted(found: np.ndarray, wanted: np.ndarray) -> tuple[int, int]:
    return int((found & wanted).sum()), int(wanted.sum())


def _moved(motion: np.ndarray) -> tuple[float, float, float]:
    """Nods, blinks and minutes of a motion (frames, 58)."""
    return float(len(events.nods(motion))), float(len(events.blinks(motion).starts)), len(motion) / FRAME_RATE / 60


def _heard(recording: Utterance, change: _Change, seed: int) -> Target:
    """A recording as it is heard, with the teacher's mouth for it as it was said: no room changes the vocal effort."""
    rng = np.random.default_rng((seed, len(recording.samples)))
    sound = np.clip(change(rng, recording.samples.astype(np.float64)), -1.0, 1.0).astype(np.float32)
    return Target(replace(recording, samples=sound), target_of(recording).curves)


def _spoken(model: Model, name: str, targets: Sequence[Target], seeds: int) -> Summary:
    """Lips and pauses of one condition of speech."""
    scenes = [pauses(target.utterance, target.utterance.samples) for target in targets]
    made = [_padded_stream(model, scenes, 1000 * run) for run in range(seeds)]
    counts = np.array([[lips.tally(target, motion) for target, motion in zip(targets, of_run)] for of_run in made])
    kept = {"P B M fixed": "P B M", "F V fixed": "F V", "correlation": "correlation", "gain": "gain",
            "false P B M fixed /s": "false closures /s"}  # fmt: skip

    def of_lips(sums: np.ndarray) -> Mapping[str, np.ndarray]:
        found = lips.measures(sums)
        return {f"{name}, {label}": found[measure] for measure, label in kept.items()}

    return bootstrap(counts, of_lips) | _opened(f"{name}, pauses", made, scenes)


def _opened(name: str, made: Sequence[Sequence[np.ndarray]], scenes: Sequence[Scene]) -> Summary:
    counts = [
        [tallied(aperture(motion[:, : len(ARKIT_NAMES)])[scene.judged]) for motion, scene in zip(of_run, scenes)]
        for of_run in made
    ]
    return {f"{name} {label} %": value for label, value in bootstrap(np.array(counts, np.float64), percentiles).items()}


def _padded_stream(model: Model, scenes: Sequence[Scene], seed: int) -> list[np.ndarray]:
    """Motion (frames, 58) of each scene; scenes of similar length share a batch."""
    order = sorted(range(len(scenes)), key=lambda place: len(scenes[place].own))
    made: dict[int, np.ndarray] = {}
    for first in range(0, len(order), 64):
        chosen = order[first : first + 64]
        longest = max(len(scenes[place].own) for place in chosen)
        own, other = (
            np.stack([np.pad(sound, (0, longest - len(sound))) for sound in sounds])
            for sounds in ([scenes[place].own for place in chosen], [scenes[place].other for place in chosen])
        )
        motion = stream(model, own, other, [seed + place for place in chosen])
        made |= {place: motion[row, : len(scenes[place].judged)] for row, place in enumerate(chosen)}
    return [made[place] for place in range(len(scenes))]
