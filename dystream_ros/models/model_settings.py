"""Reads the settings in a model file (.yaml)."""

from pathlib import Path

import yaml

from dystream_ros.files import read_small_text
from dystream_ros.models.errors import ModelError


def read_settings(path: Path) -> dict[str, object]:
    """The settings of a model file by name.

    Raises:
        ModelError: it cannot be read, is no YAML, or no mapping with text keys.
    """
    try:
        settings = yaml.safe_load(read_small_text(path))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{path} cannot be read as a model file: {reason or type(error).__name__}") from error
    if not isinstance(settings, dict) or not all(isinstance(key, str) for key in settings):
        raise ModelError(f"{path} names no family: a model file needs lines such as `family: compact`")
    return settings
