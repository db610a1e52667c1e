"""A character: a person or a robot described by a few words, and the head made from these words."""

from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np

from dystream_ros.portraits.head import load_head
from dystream_ros.rendering.portrait import PortraitError

PEOPLE_PATH = Path(__file__).parent.parent / "assets" / "characters" / "people.npz"
SEXES, AGES, ANCESTRIES, WEIGHTS = (
    ("female", "male"), ("child", "young", "old"), ("african", "asian", "caucasian"), ("min", "average", "max"),
)  # fmt: skip
AGE_YEARS = (12, 25, 90)  # of MakeHuman's child, young and old
HAIR_STYLES = (
    "bald", "buzz", "crop", "short", "parted", "bob", "long", "bun", "curly", "receding", "cap",
)  # fmt: skip
FACIAL_HAIR = ("none", "stubble", "beard")
MATERIALS, FRAMINGS = ("skin", "drawn", "puppet", "robot"), ("head", "bust")
INDIVIDUALITY = 0.55  # standard deviations of the components of identity that the seed adds
PIVOT = (0.0, 0.0, 0.028)  # metres from the joint under the skull to the origin of `Head`
FIRST_COMPONENT = 5  # earlier components are mostly age, sex, ancestry and weight


@dataclass(frozen=True)
class Character:
    """The description of a character. Colours are names in `characters.colours`, or `#rrggbb`.

    Attributes:
        sex: `female` or `male`.
        age: years, 10 to 85.
        ancestry: `african`, `asian`, `caucasian`, or a mix such as `asian:0.6,caucasian:0.4`.
        weight: -1 thin to 1 heavy.
        skin, hair_colour, eyes, clothes, background: colours; background also as `top,bottom` for a gradient.
        hair: one of `HAIR_STYLES`.
        facial_hair: one of `FACIAL_HAIR`.
        freckles: 0 none to 1 many.
        material: one of `MATERIALS`.
        framing: `head` or `bust`.
        seed: chooses one of many persons of the same description.
    """

    sex: str = "female"
    age: float = 30.0
    ancestry: str = "caucasian"
    weight: float = 0.0
    skin: str = "auto"
    hair: str = "auto"
    hair_colour: str = "auto"
    facial_hair: str = "none"
    eyes: str = "auto"
    freckles: float = 0.0
    clothes: str = "auto"
    background: str = "auto"
    material: str = "skin"
    framing: str = "head"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, accepted in (
            ("sex", SEXES), ("hair", ("auto", *HAIR_STYLES)), ("facial_hair", FACIAL_HAIR), ("material", MATERIALS),
            ("framing", FRAMINGS),
        ):  # fmt: skip
            if getattr(self, name) not in accepted:
                raise PortraitError(
                    f"{name} of a character is one of {', '.join(accepted)}; got '{getattr(self, name)}'"
                )
        for name, low, high in (("age", 10, 85), ("weight", -1, 1), ("freckles", 0, 1), ("seed", 0, 2**32 - 1)):
            if not low <= getattr(self, name) <= high:
                raise PortraitError(f"{name} of a character lies in {low} to {high}; got {getattr(self, name):g}")
        ancestry_shares(self.ancestry)


PARAMETERS = tuple(field.name for field in fields(Character))


def ancestry_shares(text: str) -> np.ndarray:
    """Shares (3,) of `ANCESTRIES`, adding up to 1, from a text like `asian` or `asian:0.6,caucasian:0.4`."""
    shares = np.zeros(len(ANCESTRIES))
    for part in text.split(","):
        name, _, amount = part.strip().partition(":")
        try:
            shares[ANCESTRIES.index(name)] += float(amount or 1)
        except ValueError as error:
            raise PortraitError(
                f"an ancestry is one of {', '.join(ANCESTRIES)} or a mix such as asian:0.6,caucasian:0.4; got '{text}'"
            ) from error
    if not (shares.min() >= 0 and np.isfinite(shares).all() and shares.sum() > 0):
        raise PortraitError(f"shares of ancestry are not negative and not all zero; got '{text}'")
    return shares / shares.sum()


@lru_cache(maxsize=1)
def load_people() -> dict[str, np.ndarray]:
    """Shapes of people by name, metres.

    | name | array |
    |---|---|
    | `base` | float32 (n, 3): vertices of the head, of the torso, and of a cube around the joint under the skull |
    | `joint` | int32 (8,), vertices of that cube |
    | `ancestry` | float32 (2, 3, 3, n, 3), displacements by `SEXES`, `AGES` and `ANCESTRIES` |
    | `build` | float32 (2, 3, 3, n, 3), displacements by `SEXES`, `AGES` and `WEIGHTS` |
    | `torso_triangles` | int32 (t, 3) |
    """
    with np.load(PEOPLE_PATH, allow_pickle=False) as data:
        people = {
            name: data[name].astype(np.float32) * data[f"{name}_steps"][..., None, None]
            for name in ("ancestry", "build")
        }
        return {
            **people, "base": data["base"], "joint": data["joint"].astype(np.int32),
            "torso_triangles": data["torso_triangles"].astype(np.int32),
        }  # fmt: skip


def shape_of(character: Character) -> tuple[np.ndarray, np.ndarray]:
    """Vertices of the head (n, 3) and of the torso (m, 3) at rest, metres, axes of `Head`."""
    people, head = load_people(), load_head()
    sex = np.eye(2)[SEXES.index(character.sex)]
    age = np.array([np.interp(character.age, AGE_YEARS, row) for row in np.eye(3)])
    thin, heavy = max(0.0, -character.weight), max(0.0, character.weight)
    weight = np.array([thin, 1 - thin - heavy, heavy])
    both = people["base"] + np.einsum(
        "s,a,r,sarnk->nk", sex, age, ancestry_shares(character.ancestry), people["ancestry"]
    )
    both = both + np.einsum("s,a,w,sawnk->nk", sex, age, weight, people["build"])
    # People differ in height: the origin moves to the joint under the skull of each.
    both = both - both[people["joint"]].mean(axis=0) + PIVOT
    count, end = len(head.vertices), people["joint"][0]
    amounts = np.random.default_rng(character.seed).normal(0, INDIVIDUALITY, len(head.identity))
    amounts[:FIRST_COMPONENT] = 0
    own = np.tensordot(amounts, head.identity, 1)
    # The neck stays where it meets the torso.
    fade = np.clip((both[:count, 1] - both[count:end, 1].max() + 0.025) / 0.05, 0, 1)[:, None]
    return both[:count] + own * fade, both[count:end]
