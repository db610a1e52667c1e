"""Parameters of the `terminal` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class TerminalSettings:
    period: float = parameter(
        1.0, "Time between lines; a file gets every fifth line.", unit="s", minimum=0.1, maximum=60.0
    )
    status_file: str = parameter("", "JSON file that the last status of the head is written to when the node ends.")
