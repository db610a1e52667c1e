"""Parameters of the `terminal` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class TerminalSettings:
    period: float = parameter(
        1.0,
        "Time between lines on a terminal. Output into a file or pipe has every fifth line.",
        unit="s",
        minimum=0.1,
        maximum=60.0,
    )
    status_file: str = parameter("", "JSON file to which the last status of the head is written when the node ends.")
