"""From motion and a portrait to images."""

import importlib

# Imported when first asked for: OpenCV and OpenGL take a second that a list of commands does without.
_HOMES = {
    "BACKENDS": "backend",
    "PortraitRenderer": "backend",
    "open_renderer": "backend",
    "RenderingUnavailable": "gl",
    "DEFAULT_PORTRAIT": "portrait",
    "Portrait": "portrait",
    "PortraitError": "portrait",
    "load_portrait": "portrait",
    "Renderer": "renderer",
    "View": "view",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
