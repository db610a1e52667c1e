"""Parameters of the `terminal` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class TerminalSettings:
    period: float = parameter(
        1.0, "Time between lines; into a file one of five is written.", unit="s", minimum=0.1, maximum=60.0
    )
    status_file: str = parameter("", "JSON file that gets the last status of the head when the node ends.")
