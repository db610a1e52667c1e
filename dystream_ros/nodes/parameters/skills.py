"""Parameters of the `skills` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import LIVE, START, parameter


@dataclass(frozen=True)
class SkillsSettings:
    head_node: str = parameter(
        "head",
        "Name of the head, whose voice is interrupted when a goal of say is cancelled or replaced.",
        applies=START,
    )
    say_node: str = parameter(
        "say",
        "Name of the node say, which drops its texts when a goal of say is cancelled or replaced; it need not run.",
        applies=START,
    )
    attention_node: str = parameter(
        "attention",
        "Name of the node attention: quiet while a goal of look_at has the gaze, in charge with the policies social "
        "and auto.",
        applies=START,
    )
    say_timeout: float = parameter(
        20.0,
        "Time in which a voice must begin after its text was sent; else the goal of say is aborted.",
        unit="s",
        minimum=0.5,
        maximum=600.0,
        applies=LIVE,
    )
