"""The sections of `dystream evaluate` except the lips: their inputs, and their summaries of a model.

A section maps a `Setting` to summaries by name: "model", "teacher", rows. The lips are in reports/comparison.py.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dystream_lab.evaluation.measures.intervals import Summary

if TYPE_CHECKING:
    from dystream_lab.evaluation.rows.catalogue import Row
    from dystream_lab.evaluation.sets.conversations import Conversation
    from dystream_lab.evaluation.sets.utterance import Utterance
    from dystream_ros.engine.interfaces import Model
DEFAULTS = ("lips", "stillness", "listening")
_NO_CORPUS = "conversations are read from a corpus: give --corpus FOLDER, or ask for the section lips alone"
_WITH_BARS = ("stillness", "rooms", "listening", "loop")
_PICTURE = 512  # pixels, width and height of the videos that lips are read from


@dataclass(frozen=True)
class Setting:
    """Inputs of the sections. Conversations and the model's motion of them are computed once per setting.

    Attributes:
        model: the network.
        seeds: number of runs with different seeds.
        corpus: folder with validation voices; None if no section reads it.
        clips: number of its conversations.
        cache: folder of fetched and synthesized speech.
        rows: names of rows that stillness and voice swaps are measured for as well; rows that need the labels are
            left out.
    """

    model: "Model"
    seeds: int
    corpus: Path | None
    clips: int
    cache: Path = Path("build/evaluation")
    rows: tuple[str, ...] = ()

    @cached_property
    def talks(self) -> list["Conversation"]:
        """Conversations of validation voices. Raises ValueError without a corpus."""
        from dystream_lab.corpus.dataset import ConversationDataset
        from dystream_lab.evaluation.sets import conversations

        if self.corpus is None:
            raise ValueError(_NO_CORPUS)
        return conversations.load(ConversationDataset(self.corpus, "valid"), self.clips)

    @cached_property
    def prompts(self) -> list["Utterance"]:
        """Recordings of the real voice."""
        from dystream_lab.evaluation.sets import asterisk

        return asterisk.load(self.cache)

    @cached_property
    def sound_only(self) -> list["Row"]:
        """The rows that need no labels. All rows are created, so that a missing package is reported at the start."""
        from dystream_lab.evaluation.rows import catalogue

        created = catalogue.create_all(self.rows, self.seeds, self.cache)
        return [row for name, row in zip(self.rows, created, strict=True) if name in catalogue.SOUND_ONLY]

    @cached_property
    def motions(self) -> list[list[np.ndarray]]:
        """The model's motion (frames, 58) of each conversation, by seed."""
        from dystream_lab.evaluation.rows.streaming import conversation_motions

        return [conversation_motions(self.model, self.talks, 1000 * seed, f"talk {seed}") for seed in range(self.seeds)]


def stillness(setting: Setting) -> dict[str, Summary]:
    """Apertures during silence, and how lips come to rest after speech; for the model and the rows."""
    from dystream_lab.evaluation.measures import stillness as section

    rows, talks = setting.sound_only, setting.talks
    scenes = section.scenes(section.partners(talks), section.SECONDS, seed=0)
    scenes |= section.real_scenes(setting.prompts, section.SECONDS, section.SESSIONS, seed=0)
    still = section.measure(setting.model, scenes, setting.seeds)
    found = {
        "model": still | section.after_speech(setting.motions, talks),
        "teacher": section.after_speech([[talk.teacher for talk in talks]], talks),
    }
    recordings = [talk.recording for talk in talks]
    for row in rows:
        made = [row.motions(recordings, seed) for seed in range(row.seeds)]
        found[row.name] = section.measure_row(row, scenes) | section.after_speech(made, talks)
    return found


def rooms(setting: Setting) -> dict[str, Summary]:
    """Lips and activity with machines, people in the background, reverberation, codecs, echo and soft voices.

    The voice in front is the real one, those in the background and the partners are validation voices.
    """
    from dystream_lab.evaluation.measures import rooms as section
    from dystream_lab.evaluation.measures import stillness

    others = stillness.partners(setting.talks)
    return {"model": section.measure(setting.model, setting.prompts[:: section.EVERY], others, setting.seeds)}


def listening(setting: Setting) -> dict[str, Summary]:
    """Nods, blinks, brows, smiles and gaze while the partner speaks.

    The controls are the teacher, and the model's motion of another conversation: as lively, but unrelated.
    """
    from dystream_lab.evaluation.measures import listening as section
    from dystream_lab.evaluation.measures import rdgg

    talks = setting.talks
    made = {
        "model": setting.motions,
        "teacher": [[talk.teacher for talk in talks]],
        "model, other conversation": [_shifted(of_seed, talks) for of_seed in setting.motions],
    }
    gains = rdgg.gains(made, talks)
    return {name: section.judge(motions, talks) | gains[name] for name, motions in made.items()}


def _shifted(made: list[np.ndarray], talks: list["Conversation"]) -> list[np.ndarray]:
    """For each conversation the motion (frames, 58) of the one two places further on, repeated to its length.

    Two places, since the next one may be the same conversation seen by the partner.
    """
    clips = [_clip(talk) for talk in talks]

    def other(place: int) -> int:
        # Where clips have one face each, as in videos, two places further on may be the same of two conversations.
        ahead = [(place + step) % len(talks) for step in (2, 1, 3)]
        return next((found for found in ahead if clips[found] != clips[place]), ahead[0])

    moved = [made[other(place)] for place in range(len(talks))]
    return [motion[np.arange(talk.frames) % len(motion)] for motion, talk in zip(moved, talks, strict=True)]


def _clip(talk: "Conversation") -> str:
    """The clip that a conversation is a view of."""
    return talk.name.rpartition("/")[0]


def chance(setting: Setting) -> dict[str, Summary]:
    """Variance of the lips over draws, spread and calibration of the rest; four draws per seed, one view per clip."""
    from dystream_lab.evaluation.measures import chance as section
    from dystream_lab.evaluation.sets.valid import NO_PHONES
    from dystream_lab.speech.phones import UNKNOWN

    by_clip: dict[str, list[Conversation]] = {}
    for talk in setting.talks:
        by_clip.setdefault(_clip(talk), []).append(talk)
    # One view of each clip, of alternating parties.
    talks = [views[number % len(views)] for number, views in enumerate(by_clip.values())]
    if any(phone == UNKNOWN for talk in talks for _, _, phone in talk.phones):
        raise ValueError(NO_PHONES.format(corpus=setting.corpus))
    draws = 4 * setting.seeds
    return {"model": section.measure(setting.model, talks, draws), "teacher": section.teacher(talks, draws)}


def loop(setting: Setting) -> dict[str, Summary]:
    """Recovery from extreme histories, voice swaps and limits; voice swaps for the rows as well."""
    from dystream_lab.evaluation.measures import loop as section
    from dystream_lab.evaluation.rows.model import ModelRow

    rows, talks = setting.sound_only, setting.talks
    found = {
        "model": section.swapped(ModelRow("model", setting.model, setting.seeds), talks)
        | section.at_limits(setting.motions)
        | section.recovery(setting.model, setting.seeds)
    }
    return found | {row.name: section.swapped(row, talks) for row in rows}


def endurance(setting: Setting) -> dict[str, Summary]:
    """An hour of free running, one session per seed."""
    from dystream_lab.evaluation.measures import endurance as section

    return {"model": section.measure(setting.model, setting.talks, setting.seeds)}


def picture(setting: Setting) -> dict[str, Summary]:
    """Lips read from rendered videos of the model and the oracle, beside those of their motion."""
    from dystream_lab.evaluation.measures import mp4_lips
    from dystream_lab.evaluation.rows.model import ModelRow
    from dystream_lab.evaluation.rows.oracle import OracleRow
    from dystream_lab.evaluation.sets import valid
    from dystream_ros.portraits.landmarks import Landmarker
    from dystream_ros.rendering.backend import open_renderer
    from dystream_ros.rendering.portrait import DEFAULT_PORTRAIT

    if setting.corpus is None:
        raise ValueError(_NO_CORPUS)
    utterances = valid.load(setting.corpus, setting.clips)[: setting.clips]
    found: dict[str, Summary] = {}
    renderer = open_renderer(DEFAULT_PORTRAIT, _PICTURE, _PICTURE)
    try:
        with Landmarker() as landmarker:
            for row in (ModelRow("model", setting.model, setting.seeds), OracleRow()):
                made = mp4_lips.measure(row, utterances, renderer, landmarker, setting.cache / "videos")
                found |= {f"{row.name}, {kind}" if kind == "picture" else row.name: of for kind, of in made.items()}
    finally:
        renderer.close()
    return found


SECTIONS: dict[str, Callable[[Setting], dict[str, Summary]]] = {
    "stillness": stillness,
    "rooms": rooms,
    "listening": listening,
    "chance": chance,
    "loop": loop,
    "endurance": endurance,
    "picture": picture,
}


def bars(section: str) -> dict[str, str]:
    """By measure, the value that the shipped weights should reach in a section."""
    if section not in _WITH_BARS:
        return {}
    return importlib.import_module(f"dystream_lab.evaluation.measures.{section}").BARS
