"""Parameters of the `actuators` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import LIVE, parameter


@dataclass(frozen=True)
class ActuatorsSettings:
    calibration: str = parameter(
        "research",
        "Calibration file (YAML), or the name of a shipped one: beginner, research, full. A new file is checked before "
        "it is used; the joints brake, and engage again with a ramp.",
        applies=LIVE,
    )
    engage: bool = parameter(
        False, "Engage at the first motion; false: wait for the service `~/engage`, with nothing sent until then."
    )
    dry_run: bool = parameter(
        False,
        "Publish the preview `joint_preview` only, and no commands to controllers. It ends only while the joints are "
        "disengaged.",
        applies=LIVE,
    )
    rate: float = parameter(50.0, "Commands per second while joints move.", unit="Hz", minimum=10.0, maximum=250.0)
    sound_delay: float = parameter(
        0.12,
        "Time from the arrival of a motion until the first sound of its frame is heard: buffer_ms plus latency_ms of "
        "the node `speaker`, with buffer_ms 100. Each joint is commanded its lag earlier; what exceeds this delay is "
        "extrapolated.",
        unit="s",
        minimum=0.0,
        maximum=0.5,
    )
    ramp: float = parameter(
        2.0,
        "Duration of engaging, disengaging and of the way to neutral at the end.",
        unit="s",
        minimum=0.2,
        maximum=30.0,
    )
    motion_timeout: float = parameter(
        0.3,
        "Time without a motion after which the face is idle: the joints keep their position.",
        unit="s",
        minimum=0.1,
        maximum=60.0,
    )
    motion_neutral: float = parameter(
        1.0, "Time without a motion after which the joints go to neutral.", unit="s", minimum=0.1, maximum=600.0
    )
    audio_timeout: float = parameter(
        10.0,
        "Time without audio of any party, by `status`, after which the mouth closes; 0: never.",
        unit="s",
        minimum=0.0,
        maximum=86400.0,
    )
    audio_neutral: float = parameter(
        0.0,
        "Time without audio of any party after which all joints go to neutral; 0: never.",
        unit="s",
        minimum=0.0,
        maximum=86400.0,
    )
    neutral_ramp: float = parameter(
        1.0, "Duration of the way to neutral after a timeout, and back.", unit="s", minimum=0.1, maximum=30.0
    )
    use_joint_states: bool = parameter(
        True,
        "Start from the positions on `joint_states`; without them the first command brings the joints to neutral "
        "within `ramp`, which only a trajectory controller does slowly.",
    )
