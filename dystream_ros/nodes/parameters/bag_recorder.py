"""Parameters of the `bag_recorder` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class BagRecorderSettings:
    output: str = parameter("conversation", "Folder of the bag; with a number behind the name, which counts up.")
    storage: str = parameter("mcap", "Format of the files.", choices=("mcap", "sqlite3"))
    images: bool = parameter(
        False, "Also record image/compressed, for Foxglove; about 1 GB per hour at 256 x 256 pixels."
    )
    split: float = parameter(
        300.0,
        "Duration after which the bag is completed and the next one begun: what a power cut can lose. 0: never.",
        unit="s",
        minimum=0.0,
        maximum=86400.0,
    )
