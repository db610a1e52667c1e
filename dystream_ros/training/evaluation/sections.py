"""The sections of the table: what each needs, and what it gives for a model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dystream_ros.training.evaluation.summary import Summary

DEFAULTS = ("lips", "stillness", "listening")


@dataclass(frozen=True)
class Setting:
    """What a section is run with: the model, how many seeds, a corpus with validation voices, clips of it."""

    model: Any
    seeds: int
    corpus: Path | None
    clips: int


def stillness(setting: Setting) -> dict[str, Summary]:
    """Apertures where nothing is said, and how the mouth comes to rest."""
    from dystream_ros.training.evaluation import conversations
    from dystream_ros.training.evaluation import stillness as section

    talks = _conversations(setting)
    made = [conversations.motions(setting.model, talks, 1000 * seed, f"talk {seed}") for seed in range(setting.seeds)]
    return {
        "model": section.measure(setting.model, section.partners(talks), setting.seeds)
        | section.after_speech(made, talks)
    }


def listening(setting: Setting) -> dict[str, Summary]:
    """Nods, blinks, brows, smiles and gaze while the partner speaks, beside the teacher's."""
    from dystream_ros.training.evaluation import listening as section

    talks = _conversations(setting)
    return {"model": section.measure(setting.model, talks, setting.seeds), "teacher": section.teacher(talks)}


# Beside "lips", whose rows are many: dystream_ros/training/evaluation/comparison.py.
SECTIONS = {"stillness": stillness, "listening": listening}


def _conversations(setting: Setting) -> list:
    from dystream_ros.training.dataset import ConversationDataset
    from dystream_ros.training.evaluation import conversations

    if setting.corpus is None:
        raise ValueError("conversations come from a corpus: give --corpus FOLDER, or ask for the section lips alone")
    return conversations.load(ConversationDataset(setting.corpus, "valid"), setting.clips)
