"""Parameters of the `attention` node."""

from dataclasses import dataclass

from dystream_ros.face.attention import AttentionConfig
from dystream_ros.nodes.parameters.parameter import LIVE, parameter


@dataclass(frozen=True)
class AttentionSettings:
    enabled: bool = parameter(
        False, "Publish look_at. false where the robot has an attention of its own.", applies=LIVE
    )
    speaker_share: float = parameter(
        AttentionConfig.speaker_share,
        "Share of the choices that fall on the person who speaks; the others go to the rest of the group.",
        minimum=0.0,
        maximum=1.0,
        applies=LIVE,
    )
    patience: float = parameter(
        AttentionConfig.patience,
        "Time for which a person who is no longer in the list is still looked at.",
        unit="s",
        minimum=0.1,
        maximum=10.0,
        applies=LIVE,
    )
