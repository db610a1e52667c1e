"""Parameters of the `attention` node."""

import math
from dataclasses import dataclass

from dystream_ros.face.attention import AttentionConfig
from dystream_ros.nodes.parameters.parameter import LIVE, START, parameter

POSITIONS = ("auto", "tf", "roi")


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
    gaze_listening: float = parameter(
        AttentionConfig.gaze_listening,
        "Share of the time in which anybody is looked at while the own party is silent. The rest are glances beside "
        "the person, in addition to those that the head makes by itself (its eye_contact_listening).",
        minimum=0.0,
        maximum=1.0,
        applies=LIVE,
    )
    gaze_speaking: float = parameter(
        AttentionConfig.gaze_speaking,
        "The same while the own party speaks.",
        minimum=0.0,
        maximum=1.0,
        applies=LIVE,
    )
    patience: float = parameter(
        AttentionConfig.patience,
        "Time for which a person who is no longer seen is still looked at.",
        unit="s",
        minimum=0.1,
        maximum=10.0,
        applies=LIVE,
    )
    humans: str = parameter(
        "/humans",
        "Root of the topics of ros4hri, whose faces, bodies and voices are followed; empty: none.",
        applies=START,
    )
    humans_positions: str = parameter(
        "auto",
        "Where a face of ros4hri is: tf (frame face_<id>), roi (its region in the picture), or auto: tf where tf2_ros "
        "is installed.",
        choices=POSITIONS,
        applies=START,
    )
    camera_frame: str = parameter(
        "",
        "Frame of points that come from regions of a picture: x out of the camera, y to its left, z up. Empty: the "
        "frame of the face, for a camera between its eyes.",
        applies=LIVE,
    )
    field_of_view: float = parameter(
        60.0, "Field of view of the camera's width.", unit="degrees", minimum=5.0, maximum=170.0, applies=LIVE
    )
    image_width: int = parameter(
        640, "Width of the camera's picture, for detections in pixels.", unit="pixels", minimum=1, maximum=16384,
        applies=LIVE,
    )  # fmt: skip
    image_height: int = parameter(
        480, "Height of the camera's picture.", unit="pixels", minimum=1, maximum=16384, applies=LIVE
    )
    detection_class: str = parameter(
        "person", "Class of vision_msgs detections that are people: person, face, or as the detector says; empty: all.",
        applies=LIVE,
    )  # fmt: skip
    detection_score: float = parameter(0.5, "Lowest score of a detection.", minimum=0.0, maximum=1.0, applies=LIVE)

    @property
    def field_of_view_rad(self) -> float:
        """Field of view of the camera's width, rad."""
        return math.radians(self.field_of_view)
