"""Reads and checks a calibration file (config/actuators/*.yaml)."""

import difflib
import math
from collections.abc import Iterator
from pathlib import Path

import jsonschema

from dystream_ros.actuators.calibration import (
    FORWARD,
    TRAJECTORY,
    Calibration,
    Controller,
    CrossLimit,
    DwellLimit,
    Joint,
)
from dystream_ros.actuators.marked_yaml import KeyPath, MarkedYaml, MarkedYamlError, read_marked_yaml
from dystream_ros.actuators.schema import SCHEMA
from dystream_ros.actuators.travel_time import return_seconds
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.files import read_small_text

INPUTS: tuple[str, ...] = (*ARKIT_NAMES, *POSE_NAMES)
_DEFAULTS = {"gain": 1.0, "smoothing": 0.01, "dead_band": 0.0, "lag": 0.03, "direction": 1}
_LONGEST = 400  # characters of a problem
# The default controllers of a file that names none.
_ALL = (("", TRAJECTORY), ("", FORWARD))


class CalibrationRefused(ValueError):
    """A calibration file has errors. `problems` has one text each: "file:line: key: what is wrong"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_calibration(path: Path) -> Calibration:
    """The calibration in a file.

    Raises:
        OSError: the file cannot be read, is no regular file, or larger than 1 MB.
        CalibrationRefused: it has errors; all of them are reported at once.
    """
    try:
        return parse_calibration(read_small_text(path), str(path))
    except UnicodeDecodeError as refused:
        raise CalibrationRefused([f"{path}:1: not a text in UTF-8"]) from refused


def parse_calibration(text: str, name: str) -> Calibration:
    """The calibration in a text; `name` stands for the file in messages.

    Raises:
        CalibrationRefused: as `read_calibration`.
    """
    try:
        marked = read_marked_yaml(text)
    except MarkedYamlError as refused:
        raise CalibrationRefused([f"{name}:{refused.line}: {refused}"]) from refused
    document = marked.value if isinstance(marked.value, dict) else {}
    problems = sorted({(marked.line(path), _key(path), _short(what)) for path, what in _problems(marked)})
    if problems:
        raise CalibrationRefused([f"{name}:{line}: {key}: {what}" for line, key, what in problems])
    return _calibration(document)


def _short(what: str) -> str:
    """A problem on one line: what was given may be the whole file."""
    return what if len(what) <= _LONGEST else f"{what[: _LONGEST // 2]} ... {what[-_LONGEST // 2 :]}"


def _key(path: KeyPath) -> str:
    return ".".join(map(str, path)) or "file"


def _problems(marked: MarkedYaml) -> Iterator[tuple[KeyPath, str]]:
    """Path and text of each error: those of the schema, else those that the schema cannot express."""
    found = False
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for error in validator.iter_errors(marked.value):
        found = True
        yield from _schema_problems(error)
    yield from _input_problems(marked.value)
    found_numbers = [(path, value) for path, value in _numbers(marked.value, ()) if not math.isfinite(value)]
    for path, value in found_numbers:
        yield path, f"{value} is not a finite number"
    if not found and not found_numbers and isinstance(marked.value, dict):
        yield from _joint_problems(marked.value)
        yield from _rule_problems(marked.value)


def _numbers(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, float]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _numbers(part, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _numbers(part, (*path, index))
    elif isinstance(value, float):
        yield path, value


def _schema_problems(error: jsonschema.ValidationError) -> Iterator[tuple[KeyPath, str]]:
    """An error of the schema in the words of this file, at the key that causes it."""
    path = tuple(error.absolute_path)
    rule, accepted, given = error.validator, error.validator_value, error.instance
    if rule == "additionalProperties" and isinstance(given, dict) and accepted is False:
        known = list(error.schema["properties"])
        for key in sorted(set(given) - set(known)):
            yield (*path, key), f"unknown key; {_meant(key, known)}"
    elif rule == "required" and isinstance(given, dict):
        for key in accepted:
            if key not in given:
                yield path, f"the key '{key}' is missing"
    elif rule == "enum":
        yield path, f"got {given!r}; accepted is one of {', '.join(map(str, accepted))}"
    elif rule in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        words = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "above", "exclusiveMaximum": "below"}
        yield path, f"got {given!r}; accepted is {words[rule]} {accepted}"
    elif rule == "type":
        names = {"number": "a number", "object": "keys with values", "array": "a list", "string": "a text"}
        yield path, f"got {given!r}; accepted is {names.get(str(accepted), accepted)}"
    elif rule == "pattern":
        yield (
            path,
            f"got {given!r}; a name has letters, digits, underscores, dots and hyphens, and begins with a letter",
        )
    elif rule in ("minItems", "maxItems", "minProperties", "minLength"):
        yield path, f"got {given!r}; too {'short' if rule.startswith('min') else 'long'}"
    else:
        yield path, error.message


def _meant(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(str(key), known, 1, 0.6)
    return f"did you mean '{near[0]}'?" if near else f"accepted are {', '.join(known)}"


def _joint_problems(document: dict) -> Iterator[tuple[KeyPath, str]]:
    defaults = document.get("defaults", {})
    for name, joint in document["joints"].items():
        path: KeyPath = ("joints", name)
        if "maximum_velocity" not in joint and "maximum_velocity" not in defaults:
            yield path, "the key 'maximum_velocity' is missing, also in 'defaults'"
        if not joint["minimum"] <= joint["neutral"] <= joint["maximum"]:
            yield (
                (*path, "neutral"),
                f"neutral {joint['neutral']} is not between minimum {joint['minimum']} and maximum {joint['maximum']}",
            )
        elif joint["minimum"] == joint["maximum"]:
            yield (*path, "maximum"), "minimum and maximum are equal; leave the joint out instead"
        yield from _table_problems((*path, "curve"), joint.get("curve"), monotone=False)


def _input_problems(document: object) -> Iterator[tuple[KeyPath, str]]:
    """Unknown inputs, whatever else is wrong with the file."""
    joints = document.get("joints") if isinstance(document, dict) else None
    for name, joint in joints.items() if isinstance(joints, dict) else ():
        inputs = joint.get("inputs") if isinstance(joint, dict) else None
        for source in inputs if isinstance(inputs, dict) else ():
            if source not in INPUTS:
                yield ("joints", name, "inputs", source), f"no coefficient or axis of the pose; {_meant_input(source)}"


def _meant_input(source: str) -> str:
    near = difflib.get_close_matches(source, INPUTS, 1, 0.6)
    return f"did you mean '{near[0]}'?" if near else "accepted are the 52 names of ARKit and " + ", ".join(POSE_NAMES)


def _table_problems(path: KeyPath, table: list | None, monotone: bool) -> Iterator[tuple[KeyPath, str]]:
    if table is None:
        return
    for index, (before, after) in enumerate(zip(table, table[1:])):
        if after[0] <= before[0]:
            yield (*path, index + 1), f"the first numbers must rise: {after[0]} follows {before[0]}"
    steps = [after[1] - before[1] for before, after in zip(table, table[1:])]
    if monotone and not (all(step >= 0 for step in steps) or all(step <= 0 for step in steps)):
        yield path, "the second numbers must only rise or only fall"


def _rule_problems(document: dict) -> Iterator[tuple[KeyPath, str]]:
    names = list(document["joints"])

    def unknown(path: KeyPath, name: str) -> Iterator[tuple[KeyPath, str]]:
        if name not in names:
            yield path, f"there is no joint '{name}'; {_meant(name, names)}"

    for index, rule in enumerate(document.get("cross_limits", [])):
        path: KeyPath = ("cross_limits", index)
        for key in ("joint", "by"):
            yield from unknown((*path, key), rule[key])
        if rule["joint"] == rule["by"]:
            yield (*path, "by"), "a joint cannot limit itself"
        yield from _table_problems((*path, "table"), rule["table"], monotone=True)
        if rule["joint"] in names and rule["by"] in names:
            yield from _neutral_problems((*path, "table"), rule, document["joints"])
    for index, rule in enumerate(document.get("dwell_limits", [])):
        path = ("dwell_limits", index)
        if rule["joint"] not in names:
            yield from unknown((*path, "joint"), rule["joint"])
        elif "maximum_velocity" in {**document.get("defaults", {}), **document["joints"][rule["joint"]]}:
            yield from _dwell_problems(path, rule, document)
    for index, controller in enumerate(document.get("controllers", [])):
        for place, name in enumerate(controller["joints"]):
            yield from unknown(("controllers", index, "joints", place), name)


def _neutral_problems(path: KeyPath, rule: dict, joints: dict) -> Iterator[tuple[KeyPath, str]]:
    """The neutral face must keep every rule: all ways to safety end there."""
    limited, by = joints[rule["joint"]], joints[rule["by"]]
    limit = _interpolated(rule["table"], by["neutral"])
    broken = limited["neutral"] > limit if rule["side"] == "maximum" else limited["neutral"] < limit
    if broken:
        yield path, f"neutral of '{rule['joint']}' ({limited['neutral']}) breaks the {rule['side']} {limit:.3f}"


def _interpolated(table: list, x: float) -> float:
    if x <= table[0][0]:
        return table[0][1]
    for (x0, y0), (x1, y1) in zip(table, table[1:]):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return table[-1][1]


def _dwell_problems(path: KeyPath, rule: dict, document: dict) -> Iterator[tuple[KeyPath, str]]:
    joint = _joint(rule["joint"], document)
    beyond = rule["beyond"]
    if not joint.minimum < beyond < joint.maximum or beyond == joint.neutral:
        yield (*path, "beyond"), f"{beyond} is not inside the range of '{joint.name}', away from its neutral"
        return
    end = joint.maximum if beyond > joint.neutral else joint.minimum
    back = return_seconds(joint, beyond)
    if rule["seconds"] <= back:
        yield (
            (*path, "seconds"),
            f"{rule['seconds']} s is shorter than the way back from {end} to {beyond}, which takes {back:.2f} s",
        )
    yield from _blocked_ways(path, rule["joint"], beyond, end, document.get("cross_limits", []))


def _blocked_ways(path: KeyPath, joint: str, beyond: float, end: float, rules: list) -> Iterator[tuple[KeyPath, str]]:
    """Cross limits that could keep a joint beyond its position: it could not return in time."""
    outwards = 1 if end > beyond else -1
    for rule in rules:
        side = 1 if rule["side"] == "maximum" else -1
        limits = [side * limit for _, limit in rule["table"]]
        if rule["by"] == joint:  # it waits for a joint that must first make way
            at_end, at_beyond = (side * _interpolated(rule["table"], x) for x in (end, beyond))
            blocked = at_end > at_beyond
        else:  # the limit itself may lie beyond
            blocked = rule["joint"] == joint and side == -outwards and -max(limits) < outwards * beyond < -min(limits)
        if blocked:
            yield path, f"the cross limit of '{rule['joint']}' by '{rule['by']}' could keep '{joint}' beyond {beyond}"


def _joint(name: str, document: dict) -> Joint:
    given = {**_DEFAULTS, **document.get("defaults", {}), **document["joints"][name]}
    velocity = float(given["maximum_velocity"])
    acceleration = float(given.get("maximum_acceleration", velocity / 0.08))
    return Joint(
        name=name,
        region=given["region"],
        inputs=tuple((source, float(weight)) for source, weight in given["inputs"].items()),
        curve=tuple((float(x), float(y)) for x, y in given.get("curve", ())),
        minimum=float(given["minimum"]),
        neutral=float(given["neutral"]),
        maximum=float(given["maximum"]),
        direction=given["direction"],
        gain=float(given["gain"]),
        smoothing=float(given["smoothing"]),
        dead_band=float(given["dead_band"]),
        lag=float(given["lag"]),
        velocity=velocity,
        acceleration=acceleration,
        jerk=float(given.get("maximum_jerk", acceleration / 0.03)),
    )


def _calibration(document: dict) -> Calibration:
    names = tuple(document["joints"])
    controllers = tuple(
        Controller(each["name"], each["kind"], tuple(each["joints"])) for each in document.get("controllers", ())
    )
    return Calibration(
        name=document["name"],
        joints=tuple(_joint(name, document) for name in names),
        cross_limits=tuple(
            CrossLimit(rule["joint"], rule["side"], rule["by"], _points(rule["table"]))
            for rule in document.get("cross_limits", ())
        ),
        dwell_limits=tuple(
            DwellLimit(rule["joint"], float(rule["beyond"]), float(rule["seconds"]), float(rule["recovery"]))
            for rule in document.get("dwell_limits", ())
        ),
        controllers=controllers or tuple(Controller(name, kind, names) for name, kind in _ALL),
    )


def _points(table: list) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in table)
