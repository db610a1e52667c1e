"""Parameters of the head for its behaviour, and for what other nodes ask of it."""

from dataclasses import dataclass
from typing import Any

from dystream_ros.face.dials import MOST, Dials, EventRates
from dystream_ros.nodes.parameters.parameter import CONFIGURE, LIVE, parameter

EXPRESSION_TYPES = ("auto", "hri_msgs", "dystream_ros")


def _dial(what: str, most: float = MOST) -> Any:
    return parameter(1.0, f"{what} 1: as learned, 0: none.", minimum=0.0, maximum=most, applies=LIVE)


@dataclass(frozen=True)
class BehaviourSettings:
    nod_rate: float = _dial("Number of nods.")
    blink_rate: float = _dial("Number of blinks.")
    brow_raise_rate: float = _dial("Number of raised brows.")
    gaze_shift_rate: float = _dial("Number of gaze shifts.")
    smile_size: float = _dial("Size of smiles.")
    head_motion_size: float = _dial("Size of the generated head motion.")
    articulation_size: float = _dial("Size of the lip motion of speech; contacts stay closed.")
    eye_contact_speaking: float = _dial("Time of eye contact while self speaks. 2: always.", 2.0)
    eye_contact_listening: float = _dial("Time of eye contact while self is silent. 2: always.", 2.0)
    expression_type: str = parameter(
        "auto",
        "Message type of the topic expression: hri_msgs/Expression, dystream_ros/FaceExpression, or auto: hri_msgs "
        "where it is installed.",
        choices=EXPRESSION_TYPES,
        applies=CONFIGURE,
    )
    expression_duration: float = parameter(
        0.0,
        "Time after which an expression of hri_msgs fades, since its message has none; 0 for until the next one.",
        unit="s",
        minimum=0.0,
        maximum=3600.0,
        applies=LIVE,
    )
    look_at_timeout: float = parameter(
        3.0,
        "Time without a message of look_at after which the target is lost and the gaze returns; 0 for never.",
        unit="s",
        minimum=0.0,
        maximum=3600.0,
        applies=LIVE,
    )
    look_at_frame: str = parameter(
        "",
        "Frame of the neutral face, x out of it, y to its left, z up, origin between the eyes; it does not turn with "
        "the head. Empty: frame_id.",
        applies=LIVE,
    )
    look_at_transforms: str = parameter(
        "",
        "Static transforms for look_at, used before those of /tf: 'frame x y z roll pitch yaw; ...', the pose of each "
        "frame in look_at_frame, m and rad.",
        applies=LIVE,
    )

    def dials(self) -> Dials:
        """The behaviour of these settings."""
        return Dials(
            EventRates(self.nod_rate, self.gaze_shift_rate, self.blink_rate, self.brow_raise_rate),
            self.smile_size,
            self.head_motion_size,
            self.articulation_size,
            self.eye_contact_speaking,
            self.eye_contact_listening,
        )
