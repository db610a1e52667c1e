"""Readings of a calibration on disk, so that an interrupted calibration can be resumed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

SETTINGS_FILE, LOOKS_FILE = "settings.json", "looks.npz"
SAVE_EVERY = 100  # pictures; minutes of the published renderer on a CPU


class LookStore:
    """Stores the motions of a calibration and the readings of their pictures.

    Args:
        folder: of this run; resumed if it exists.
        settings: plain values that motions and looks depend on.

    Raises:
        ValueError: the folder was begun with other settings.
    """

    def __init__(self, folder: Path, settings: dict[str, object]) -> None:
        self._folder = folder
        path = folder / SETTINGS_FILE
        if path.is_file():
            begun = json.loads(path.read_text())
            differ = [name for name in settings if begun.get(name) != settings[name]]
            if differ:
                raise ValueError(
                    f"{folder} was begun with another {', '.join(differ)}; give the same settings or another --run"
                )
        else:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings, indent=2) + "\n")

    def array(self, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The stored result of `make`, which is called once per folder."""
        path = self._folder / f"{name}.npy"
        if not path.is_file():
            partial = path.with_suffix(".partial")
            with partial.open("wb") as file:
                np.save(file, make())
            partial.replace(path)
        return np.load(path)

    def looks(self, count: int, look: Callable[[int], np.ndarray | None]) -> Iterator[np.ndarray | None]:
        """Looks 0 to `count` - 1: stored ones, then results of `look`. May be interrupted at any time."""
        looks = self._known()
        yield from looks
        try:
            for index in range(len(looks), count):
                looks.append(look(index))
                yield looks[-1]
                if len(looks) % SAVE_EVERY == 0:
                    self._save(looks)
        finally:
            self._save(looks)

    def _known(self) -> list[np.ndarray | None]:
        path = self._folder / LOOKS_FILE
        if not path.is_file():
            return []
        with np.load(path) as file:
            seen, rows = file["seen"], iter(file["looks"])
        return [next(rows) if there else None for there in seen]

    def _save(self, looks: list[np.ndarray | None]) -> None:
        there = [look for look in looks if look is not None]
        partial = self._folder / f"{LOOKS_FILE}.partial"
        with partial.open("wb") as file:
            np.savez(file, seen=[look is not None for look in looks], looks=np.stack(there) if there else np.empty(0))
        partial.replace(self._folder / LOOKS_FILE)
