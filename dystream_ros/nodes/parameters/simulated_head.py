"""Parameters of the `simulated_head` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class SimulatedHeadSettings:
    calibration: str = parameter(
        "research",
        "Calibration file, or name of a shipped one, with the controllers that are simulated; its joints are those of "
        "research.",
    )
    rate: float = parameter(100.0, "Messages on `joint_states` per second.", unit="Hz", minimum=10.0, maximum=250.0)
    output: str = parameter(
        "", "CSV file of the positions of the joints, for a film afterwards; empty: none is written."
    )
