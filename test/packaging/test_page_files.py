"""The page is complete in itself: nothing of other hosts, nothing that its content policy refuses, every file found."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "dystream_ros" / "nodes" / "web" / "page"
FILES = sorted(path for path in PAGE.rglob("*") if path.is_file())
NAMESPACE = "http://www.w3.org/2000/svg"


def test_there_is_a_page():
    assert {path.suffix for path in FILES} == {".html", ".css", ".js", ".svg"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_another_host(path):
    text = path.read_text().replace(NAMESPACE, "")
    assert not re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]+", text)
    assert "@import" not in text


def test_the_page_has_neither_inline_styles_nor_inline_scripts():
    text = (PAGE / "index.html").read_text()
    assert not re.search(r"\bstyle=|\bon[a-z]+=|<style", text)
    assert re.findall(r"<script[^>]*>([^<]*)</script>", text) == [""]


def test_every_file_that_the_page_asks_for_is_there():
    asked = {PAGE / name for name in re.findall(r'(?:href|src)="/page/([^"]+)"', (PAGE / "index.html").read_text())}
    for path in PAGE.rglob("*.js"):
        text = path.read_text()
        names = re.findall(r'from "(\./[^"]+)"', text) + re.findall(r'new URL\("([^"]+)"', text)
        asked |= {(path.parent / name).resolve() for name in names}
    assert asked == {path for path in FILES if path.name != "index.html"}


def test_every_icon_is_in_the_sprite():
    sprite = set(re.findall(r'id="icon-([\w-]+)"', (PAGE / "index.html").read_text()))
    scripts = "".join(path.read_text() for path in PAGE.rglob("*.js"))
    used = {name for call in re.findall(r"icon\(([^)]*)\)", scripts) for name in re.findall(r'"([\w-]+)"', call)}
    assert used == sprite


def test_every_group_of_texts_that_is_used_exists_and_is_used():
    texts = (PAGE / "modules" / "texts.js").read_text()
    groups = set(re.findall(r"^  (\w+): ", texts, re.MULTILINE))
    scripts = "".join(path.read_text() for path in PAGE.rglob("*.js") if path.name != "texts.js")
    assert set(re.findall(r"\btexts\.(?!js\b)(\w+)", scripts)) == groups


# Colours of text beside those of the surfaces that it stands on.
PAIRS = [
    *[(text, ground) for text in ("ink", "muted") for ground in ("ground", "surface", "raised", "track")],
    *[("ink", ground) for ground in ("accent-soft", "warn-soft", "problem-soft", "stage")],
    *[("muted", ground) for ground in ("warn-soft", "problem-soft")],
    ("accent-ink", "accent"),
    ("accent", "accent-soft"),
    ("self", "surface"),
    ("problem", "problem-soft"),
    ("problem", "surface"),
    ("problem", "ground"),
]


def colours(scheme):
    """The colours of the theme, light or dark: red, green and blue by name."""
    light, dark = (PAGE / "css" / "theme.css").read_text().split("@media (prefers-color-scheme: dark)")
    texts = [light] if scheme == "light" else [light, dark.split("@media")[0]]
    found = {name: value for text in texts for name, value in re.findall(r"--([\w-]+): #([0-9a-f]{6});", text)}
    return {name: [int(value[at : at + 2], 16) for at in (0, 2, 4)] for name, value in found.items()}


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (c / 255 for c in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(scheme, text, ground):
    """By at least 4.5 to 1, as WCAG 2.2 (1.4.3) asks for."""
    known = colours(scheme)
    darker, lighter = sorted((luminance(known[text]), luminance(known[ground])))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_colours_are_those_of_the_theme_and_each_has_a_dark_one():
    light, dark = colours("light"), colours("dark")
    assert light.keys() == dark.keys()
    assert not [name for name in light if light[name] == dark[name]]
    for path in PAGE.glob("css/*.css"):
        if path.name != "theme.css":
            found = set(re.findall(r"#[0-9a-f]{3,8}\b", path.read_text()))
            assert found <= {"#ffffff", "#000000"}, f"{path.name}: only what lies on a picture has a colour of its own"
