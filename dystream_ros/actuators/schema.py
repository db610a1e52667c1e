"""JSON Schema of a calibration file, with the unit and meaning of each key.

`dystream actuators new` writes the descriptions into its template, and docs/actuators.md shows them as a table.
"""

from dystream_ros.actuators.calibration import FORWARD, REGIONS, TRAJECTORY

_LETTERS = "^[A-Za-z][A-Za-z0-9_.-]*$"
_NAME: dict[str, object] = {"type": "string", "pattern": _LETTERS}
_ANGLE: dict[str, object] = {"type": "number", "minimum": -6.4, "maximum": 6.4}
_POINTS: dict[str, object] = {
    "type": "array",
    "minItems": 2,
    "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}},
}

_LIMITS: dict[str, dict[str, object]] = {
    "maximum_velocity": {
        "type": "number", "exclusiveMinimum": 0, "maximum": 200,
        "description": "rad/s; the servo's speed under load, about 70 % of the one in its data sheet",
    },
    "maximum_acceleration": {
        "type": "number", "exclusiveMinimum": 0, "maximum": 20000,
        "description": "rad/s^2; default: the maximum velocity is reached in 0.08 s",
    },
    "maximum_jerk": {
        "type": "number", "exclusiveMinimum": 0, "maximum": 2000000,
        "description": "rad/s^3; default: the maximum acceleration is reached in 0.03 s",
    },
    "gain": {"type": "number", "minimum": -10, "maximum": 10, "description": "factor of the inputs; default 1"},
    "smoothing": {
        "type": "number", "minimum": 0.005, "maximum": 1,
        "description": "s; time constant, 0.01 (default) for the mouth, 0.03 to 0.1 for the neck",
    },
    "dead_band": {
        "type": "number", "minimum": 0, "maximum": 0.5,
        "description": "rad; deviation that a face at rest does not correct; default 0",
    },
    "lag": {
        "type": "number", "minimum": 0, "maximum": 0.5,
        "description": "s; time by which the servo follows its command; default 0.03",
    },
}  # fmt: skip

Keys = dict[str, dict[str, object]]

JOINT_KEYS: Keys = {
    "region": {"enum": list(REGIONS), "description": f"part of the head: {', '.join(REGIONS)}"},
    "inputs": {
        "type": "object", "minProperties": 1, "additionalProperties": {"type": "number", "minimum": -50, "maximum": 50},
        "description": "weight of each coefficient (0 to 1) and axis of the pose (headYaw ...: rad; headX ...: m)",
    },
    "curve": {
        **_POINTS,
        "description": "[input, angle from neutral in rad] points, joined by lines; without it the input is the angle",
    },
    "minimum": {**_ANGLE, "description": "rad; end of the range, a little before the mechanical stop"},
    "neutral": {**_ANGLE, "description": "rad; position of the neutral face"},
    "maximum": {**_ANGLE, "description": "rad; other end of the range"},
    "direction": {"enum": [1, -1], "description": "-1 for a servo that is mounted the other way round; default 1"},
    **_LIMITS,
}  # fmt: skip

CROSS_LIMIT_KEYS: Keys = {
    "joint": {**_NAME, "description": "the joint that is limited and makes way"},
    "side": {"enum": ["minimum", "maximum"], "description": "which end of its range moves"},
    "by": {**_NAME, "description": "the joint on whose position the limit depends"},
    "table": {**_POINTS, "description": "[position of `by`, limit of `joint`] in rad, rising or falling throughout"},
}
DWELL_LIMIT_KEYS: Keys = {
    "joint": {**_NAME, "description": "the joint"},
    "beyond": {**_ANGLE, "description": "rad; the side away from neutral is limited in time"},
    "seconds": {
        "type": "number", "exclusiveMinimum": 0, "maximum": 600,
        "description": "s; longest time beyond, the way back included",
    },
    "recovery": {
        "type": "number", "exclusiveMinimum": 0, "maximum": 600,
        "description": "s; time on the near side until the whole of `seconds` is available again",
    },
}  # fmt: skip
CONTROLLER_KEYS: Keys = {
    "name": {"type": "string", "pattern": "^[A-Za-z/][A-Za-z0-9_/]*$", "description": "name of the controller"},
    "kind": {
        "enum": [TRAJECTORY, FORWARD],
        "description": "trajectory: joint_trajectory_controller; forward: position_controllers and the like",
    },
    "joints": {
        "type": "array", "minItems": 1, "uniqueItems": True, "items": _NAME,
        "description": "in the order of the controller's parameter `joints`",
    },
}  # fmt: skip


def _table(keys: dict, required: tuple[str, ...]) -> dict:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": keys}


SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_table(
        {
            "format": {"const": 1, "description": "version of this format"},
            "name": {"type": "string", "minLength": 1, "description": "name of the head"},
            "defaults": _table(_LIMITS, ()),
            "joints": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": _LETTERS},
                # `maximum_velocity` may come from `defaults`, which the reader fills in.
                "additionalProperties": _table(JOINT_KEYS, ("region", "inputs", "minimum", "neutral", "maximum")),
            },
            "cross_limits": {"type": "array", "items": _table(CROSS_LIMIT_KEYS, tuple(CROSS_LIMIT_KEYS))},
            "dwell_limits": {"type": "array", "items": _table(DWELL_LIMIT_KEYS, tuple(DWELL_LIMIT_KEYS))},
            "controllers": {"type": "array", "minItems": 1, "items": _table(CONTROLLER_KEYS, tuple(CONTROLLER_KEYS))},
        },
        ("format", "name", "joints"),
    ),
}
