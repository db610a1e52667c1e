"""Files that are shipped with the package."""

from pathlib import Path

FOLDER = Path(__file__).parent


def demo_conversation() -> Path:
    """The conversation that the demo plays: one file, the self party on the first channel, the other on the second.

    Raises:
        FileNotFoundError: the package was installed without its assets.
    """
    found = sorted((FOLDER / "demo").glob("conversation.*"))
    if not found:
        raise FileNotFoundError(f"the demo's conversation is missing in {FOLDER / 'demo'}: install the package again")
    return found[0]
