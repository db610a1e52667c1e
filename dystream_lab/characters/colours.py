"""Named colours of characters, and the choices that `auto` stands for."""

import colorsys

import numpy as np

from dystream_lab.characters.character import Character, ancestry_shares
from dystream_ros.rendering.portrait import PortraitError

SKIN = {
    "porcelain": "#f3d9ca", "fair": "#eac5b0", "light": "#deb094", "olive": "#c99b76", "tan": "#b98560",
    "brown": "#906449", "dark": "#6a4733", "deep": "#492f21",
}  # fmt: skip
HAIR = {
    "black": "#15110f", "dark brown": "#2c1c13", "brown": "#4a2f1d", "light brown": "#77532f", "blond": "#b48b4e",
    "platinum": "#d9c49a", "red": "#8a3a16", "auburn": "#5c2414", "grey": "#8c8a88", "white": "#d8d6d2",
    "blue": "#2f5d9a", "pink": "#c9628e",
}  # fmt: skip
EYES = {
    "brown": "#5a3620", "dark brown": "#3a2114", "hazel": "#7a5a2c", "green": "#5f7a48", "blue": "#5f86a8",
    "grey": "#7c8a92", "amber": "#9a6420", "cyan": "#35d6e8", "ink": "#25363d",
}  # fmt: skip
CLOTHES = {
    "navy": "#26324f", "charcoal": "#34363a", "burgundy": "#6a2433", "forest": "#2f4f3c", "mustard": "#b98a2c",
    "teal": "#2a6a70", "white": "#e4e2dc", "rust": "#a04e2c", "plum": "#563a5e",
}  # fmt: skip
BACKGROUNDS = {
    "studio": "#b9c3cd,#7f8b98", "warm": "#d8cabb,#a08d7c", "dusk": "#56607a,#2e3444", "sage": "#b6c3b2,#7d8f7c",
    "sand": "#e3d8c6,#b7a78e", "night": "#2b3140,#14171f", "mint": "#dff1ea,#a9d3cb",
    "cream": "#f7efe0,#e6d3b4", "green screen": "#00ff00",
}  # fmt: skip


def rgb(name: str, table: dict[str, str], what: str) -> np.ndarray:
    """sRGB (3,), 0 to 1, of a name in `table` or of `#rrggbb`; raises `PortraitError`."""
    text = table.get(name, name)
    try:
        parts = bytes.fromhex(text.removeprefix("#"))
        if not text.startswith("#") or len(parts) != 3:
            raise ValueError(text)
    except ValueError as error:
        raise PortraitError(f"{what} is #rrggbb or one of {', '.join(table)}; got '{name}'") from error
    return np.frombuffer(parts, np.uint8).astype(np.float32) / 255


def skin_colour(character: Character) -> np.ndarray:
    """sRGB (3,) of a character's skin; `auto` follows the ancestry, varied by the seed."""
    if character.skin != "auto":
        return rgb(character.skin, SKIN, "the colour of the skin")
    shares = ancestry_shares(character.ancestry)
    usual = [rgb(name, SKIN, "") for name in ("brown", "olive", "light")]
    usual[0] = 0.55 * usual[0] + 0.45 * rgb("dark", SKIN, "")
    usual[1] = 0.5 * usual[1] + 0.5 * rgb("light", SKIN, "")
    darker = np.random.default_rng(character.seed + 1).normal(1.0, 0.05)
    return np.clip(shares @ np.array(usual) * darker, 0, 1).astype(np.float32)


def hair_colour(character: Character) -> np.ndarray:
    """sRGB (3,); `auto` follows ancestry and age."""
    if character.hair_colour != "auto":
        return rgb(character.hair_colour, HAIR, "the colour of the hair")
    random = np.random.default_rng(character.seed + 2)
    fair = random.choice(["dark brown", "brown", "light brown", "blond"], p=[0.3, 0.35, 0.2, 0.15])
    natural = rgb(fair if ancestry_shares(character.ancestry)[2] > 0.6 else "black", HAIR, "")
    grey = np.clip((character.age - 42) / 28, 0, 1)
    return natural * (1 - grey) + grey * rgb("grey" if character.age < 68 else "white", HAIR, "")


def brow_colour(character: Character) -> np.ndarray:
    """sRGB (3,) of the brows: a little darker than the hair, and always darker than the skin."""
    hair, skin = hair_colour(character), skin_colour(character)
    return 0.85 * hair * min(1.0, 0.62 * float(skin.mean()) / float(0.85 * hair.mean()))


def eye_colour(character: Character) -> np.ndarray:
    """sRGB (3,); `auto` follows ancestry."""
    if character.eyes != "auto":
        return rgb(character.eyes, EYES, "the colour of the eyes")
    if character.material in ("robot", "puppet"):
        return rgb("cyan" if character.material == "robot" else "ink", EYES, "")
    random = np.random.default_rng(character.seed + 3)
    name = random.choice(["brown", "hazel", "green", "blue", "grey"], p=[0.35, 0.15, 0.12, 0.28, 0.10])
    return rgb(name if ancestry_shares(character.ancestry)[2] > 0.6 else "dark brown", EYES, "")


def clothes_colour(character: Character) -> np.ndarray:
    """sRGB (3,); `auto` is a named colour chosen by the seed."""
    if character.clothes != "auto":
        return rgb(character.clothes, CLOTHES, "the colour of the clothes")
    return rgb(list(CLOTHES)[np.random.default_rng(character.seed + 4).integers(len(CLOTHES))], CLOTHES, "")


def cap_colour(character: Character) -> np.ndarray:
    """sRGB (3,) of a cap: a named colour other than that of the clothes."""
    names = [name for name in CLOTHES if not np.array_equal(rgb(name, CLOTHES, ""), clothes_colour(character))]
    return rgb(names[np.random.default_rng(character.seed + 6).integers(len(names))], CLOTHES, "")


def background_colours(character: Character) -> tuple[np.ndarray, np.ndarray]:
    """sRGB (3,) at the top and at the bottom."""
    chosen = "studio" if character.background == "auto" else character.background
    parts = BACKGROUNDS.get(chosen, chosen).split(",")
    if len(parts) > 2:
        raise PortraitError(f"a background has one colour or two, as top,bottom; got '{chosen}'")
    top, bottom = (rgb(part.strip(), BACKGROUNDS, "the background") for part in (parts[0], parts[-1]))
    return top, bottom


def style_of(character: Character) -> str:
    """The hair style; `auto` is a usual one of sex, age and ancestry."""
    if character.hair != "auto":
        return character.hair
    random = np.random.default_rng(character.seed + 5)
    if ancestry_shares(character.ancestry)[0] > 0.6:
        return str(random.choice(["curly", "crop"] if character.sex == "male" else ["curly", "bun"]))
    if character.sex == "male":
        return str(random.choice(["short", "parted", "crop"]))
    return str(random.choice(["short", "parted"]))


def lips_colour(skin: np.ndarray) -> np.ndarray:
    """sRGB (3,) of natural lips for a colour of skin: redder, more saturated, a little darker."""
    hue, light, saturation = colorsys.rgb_to_hls(*skin.tolist())
    return np.array(colorsys.hls_to_rgb((hue - 0.055) % 1.0, 0.74 * light, min(1.0, 0.86 * saturation + 0.03)))
