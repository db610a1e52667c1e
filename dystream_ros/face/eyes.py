"""Angles of the eyes and the eight coefficients of ARKit that show them."""

import math

import numpy as np

from dystream_ros.face.numbers import INDEX, Numbers

FULL_YAW, FULL_PITCH = math.radians(32.0), math.radians(25.0)  # angle of a coefficient of 1, of the shipped head
EYE_DISTANCE = 0.063  # m between the pupils of an adult (Dodgson 2004)
# Share of a coefficient of eyeLookDown by which the upper lid sinks, and of eyeLookUp by which it rises (eyeWide).
LID_SINKS, LID_RISES = 0.25, 0.2
_LEFT = tuple(INDEX[f"eyeLook{way}Left"] for way in ("Out", "In", "Down", "Up"))
_RIGHT = tuple(INDEX[f"eyeLook{way}Right"] for way in ("In", "Out", "Down", "Up"))
_BLINK = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]
_WIDE = [INDEX["eyeWideLeft"], INDEX["eyeWideRight"]]


def eye_angles(numbers: Numbers) -> Numbers:
    """(2, 2): yaw (positive to the head's left) and pitch (positive down) in rad of the left and of the right eye."""
    return np.array([
        ((numbers[left] - numbers[right]) * FULL_YAW, (numbers[down] - numbers[up]) * FULL_PITCH)
        for left, right, down, up in (_LEFT, _RIGHT)
    ])  # fmt: skip


def set_eye_angles(numbers: Numbers, angles: Numbers) -> None:
    """Write the angles (2, 2) of both eyes into numbers (58,); angles beyond the coefficients are cut."""
    for (left, right, down, up), (yaw, pitch) in zip((_LEFT, _RIGHT), angles, strict=True):
        across, along = yaw / FULL_YAW, pitch / FULL_PITCH
        numbers[left], numbers[right] = min(max(across, 0.0), 1.0), min(max(-across, 0.0), 1.0)
        numbers[down], numbers[up] = min(max(along, 0.0), 1.0), min(max(-along, 0.0), 1.0)


def follow_with_lids(numbers: Numbers, before: Numbers) -> None:
    """Move the upper lids of numbers (58,) with the change of the vertical gaze since `before` (2, 2) angles."""
    after = eye_angles(numbers)
    for eye in range(2):
        down, was_down = max(after[eye, 1], 0.0), max(before[eye, 1], 0.0)
        up, was_up = max(-after[eye, 1], 0.0), max(-before[eye, 1], 0.0)
        numbers[_BLINK[eye]] += LID_SINKS * (down - was_down) / FULL_PITCH
        numbers[_WIDE[eye]] += LID_RISES * (up - was_up) / FULL_PITCH
