"""Random faces to render: characters of any description, made once and kept in a folder."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dystream_lab.characters.character import ANCESTRIES, SEXES, Character
from dystream_lab.characters.colours import BACKGROUNDS, CLOTHES, EYES, HAIR
from dystream_lab.characters.portrait import make_character
from dystream_ros.rendering.portrait import save_portrait

# Shares of hair styles by sex. A cap hides the forehead, so it is rare.
_HAIR = {
    "female": {"bob": 0.25, "long": 0.3, "bun": 0.2, "curly": 0.1, "short": 0.1, "cap": 0.05},
    "male": {"short": 0.3, "parted": 0.25, "buzz": 0.15, "receding": 0.1, "bald": 0.08, "curly": 0.07, "cap": 0.05},
}
_FACIAL_HAIR = {"none": 0.6, "stubble": 0.25, "beard": 0.15}
_DYED = 0.1  # share of heads with a hair colour that is drawn at random from all
_MIXED = 0.35  # share of mixed ancestry


def random_character(seed: int) -> Character:
    """A person of random sex, age, ancestry, build, hair and colours; the same seed gives the same one."""
    random = np.random.default_rng([seed, 7])
    sex = str(random.choice(SEXES))
    shares = random.dirichlet(np.full(3, 0.7)) if random.random() < _MIXED else np.eye(3)[random.integers(3)]
    ancestry = ",".join(f"{name}:{share:.2f}" for name, share in zip(ANCESTRIES, shares, strict=True) if share > 0.005)
    age = float(random.uniform(16, 75))

    def drawn(shares: dict[str, float]) -> str:
        return str(random.choice(list(shares), p=np.array(list(shares.values())) / sum(shares.values())))

    return Character(
        sex=sex,
        age=age,
        ancestry=ancestry,
        weight=float(np.clip(random.normal(0, 0.35), -1, 1)),
        hair=drawn(_HAIR[sex]),
        hair_colour=str(random.choice(list(HAIR))) if random.random() < _DYED else "auto",
        facial_hair=drawn(_FACIAL_HAIR) if sex == "male" else "none",
        eyes=str(random.choice(list(EYES)[:7])) if random.random() < 0.3 else "auto",
        freckles=float(random.uniform(0, 1)) if random.random() < 0.2 else 0.0,
        clothes=str(random.choice(list(CLOTHES))),
        background=str(random.choice(list(BACKGROUNDS))),
        seed=int(random.integers(2**31)),
    )


def make_faces(folder: Path, count: int, first: int = 0) -> Iterator[Path]:
    """The `.face` files of characters `first` to `first + count - 1`; those that exist are not made again."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + count):
        path = folder / f"random-{seed:05d}.face"
        if not path.exists():
            partial = path.with_suffix(".part")
            save_portrait(make_character(random_character(seed)), partial)
            partial.replace(path)
        yield path
