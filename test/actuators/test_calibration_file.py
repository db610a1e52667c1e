"""Calibration files: what is accepted, and what a mechanic reads when something is not."""

import os
import re
from pathlib import Path

import pytest

from dystream_ros.actuators.calibration_file import CalibrationRefused, parse_calibration, read_calibration

FOLDER = Path(__file__).parents[2] / "config" / "actuators"
SMALL = """\
format: 1
name: small
defaults: {maximum_velocity: 5.0}
joints:
  jaw:
    region: mouth
    inputs: {jawOpen: 0.4}
    minimum: 0.0
    neutral: 0.0
    maximum: 0.4
  eyes:
    region: eyes
    inputs: {eyeLookUpLeft: 0.3}
    minimum: -0.4
    neutral: 0.0
    maximum: 0.4
"""


def refused(text):
    with pytest.raises(CalibrationRefused) as error:
        parse_calibration(text, "head.yaml")
    return error.value.problems


@pytest.mark.parametrize(("name", "joints"), [("beginner", 6), ("research", 12), ("full", 25)])
def test_the_shipped_heads_are_accepted(name, joints):
    calibration = read_calibration(FOLDER / f"{name}.yaml")
    assert len(calibration.joints) == joints
    named = {joint for controller in calibration.controllers for joint in controller.joints}
    assert named == set(calibration.names)


def test_only_a_regular_file_of_a_sensible_size_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "large.yaml").write_bytes(b"#" * 1_000_001)
    for path, says in (("pipe.yaml", "no regular file"), ("large.yaml", "more than 1 MB"), ("", "no regular file")):
        with pytest.raises(OSError, match=says):
            read_calibration(tmp_path / path)


BILLIONS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
MERGED = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 12))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BILLIONS, "1: .*more than 100000 values"),
        (MERGED, "1: .*more than 100000 values"),
        ("a: 1\nb: &b [*b]\n", "2: .*holds itself"),
        ("[" * 5000, "1: .*nested too deeply"),
        ("joints: 0x" + "f" * 10_000, "1: .*a number of 40000 bits"),
        ("joints: " + "9" * 10_000, "1: .*a value cannot be read: Exceeds the limit"),
        ("joints: [" + "x, " * 20_000 + "]", "1: joints: got .{300,420}$"),
        ("joints: 2020-13-45", "1: .*a value cannot be read: month must be"),
    ],
)
def test_a_text_that_stands_for_too_much_or_cannot_be_a_value_is_refused_by_line(text, says):
    problems = refused(text)
    assert any(re.match(f"head.yaml:{says}", problem) for problem in problems), problems


def test_an_alias_stands_for_its_value():
    text = SMALL.replace("maximum: 0.4\n  eyes", "maximum: &most 0.4\n  eyes").replace(
        "maximum: 0.4\n", "maximum: *most\n"
    )
    assert parse_calibration(text, "head.yaml").joints[1].maximum == 0.4


def test_defaults_are_filled_in():
    jaw = parse_calibration(SMALL, "head.yaml").joints[0]
    assert (jaw.velocity, jaw.direction, jaw.gain) == (5.0, 1, 1.0)
    assert jaw.acceleration == pytest.approx(62.5)
    assert jaw.jerk == pytest.approx(62.5 / 0.03)


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "says"),
    [
        ("jawOpen: 0.4", "jawOpn: 0.4", 7, "joints.jaw.inputs.jawOpn", "did you mean 'jawOpen'"),
        ("minimum: 0.0", "minimum: 0.1", 9, "joints.jaw.neutral", "not between"),
        ("region: mouth", "region: teeth", 6, "joints.jaw.region", "head, eyes, lids, brows, mouth, neck"),
        ("    maximum: 0.4\n  eyes", "    maximum: wide\n  eyes", 10, "joints.jaw.maximum", "accepted is a number"),
        ("    maximum: 0.4\n  eyes", "    maximun: 0.4\n  eyes", 10, "joints.jaw.maximun", "did you mean 'maximum'"),
        ("    neutral: 0.0\n    maximum: 0.4\n  eyes", "    maximum: 0.4\n  eyes", 5, "joints.jaw", "'neutral' is"),
        ("defaults: {maximum_velocity: 5.0}\n", "", 4, "joints.jaw", "'maximum_velocity' is missing"),
        ("maximum_velocity: 5.0", "maximum_velocity: -5.0", 3, "defaults.maximum_velocity", "above 0"),
        ("maximum_velocity: 5.0", "maximum_velocity: .nan", 3, "defaults.maximum_velocity", "not a finite number"),
        ("format: 1", "format: 2", 1, "format", "1"),
        ("name: small", "name: small\nname: other", 3, "", "'name' stands twice"),
        ("name: small", "name: [small", 3, "", "expected"),
        ("    minimum: 0.0", "    curve: [[0, 0], [0, 1]]\n    minimum: 0.0", 8, "joints.jaw.curve.1", "rise"),
    ],
)  # fmt: skip
def test_an_error_has_file_line_and_key(old, new, line, key, says):
    assert old in SMALL
    problems = refused(SMALL.replace(old, new, 1))
    pattern = rf"head\.yaml:{line}: {re.escape(f'{key}: ' if key else '')}.*{re.escape(says)}"
    assert any(re.match(pattern, problem) for problem in problems), problems


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("cross_limits: [{joint: jaw, side: maximum, by: nose, table: [[0, 1], [1, 2]]}]", "no joint 'nose'"),
        ("cross_limits: [{joint: jaw, side: maximum, by: jaw, table: [[0, 1], [1, 2]]}]", "cannot limit itself"),
        ("cross_limits: [{joint: jaw, side: maximum, by: eyes, table: [[0, 1], [1, 2], [2, 1]]}]", "only rise or"),
        ("cross_limits: [{joint: jaw, side: maximum, by: eyes, table: [[0, -0.1], [1, 2]]}]", "neutral of 'jaw'"),
        ("dwell_limits: [{joint: jaw, beyond: 0.3, seconds: 0.1, recovery: 1}]", "shorter than the way back"),
        ("dwell_limits: [{joint: jaw, beyond: 0.5, seconds: 3, recovery: 1}]", "not inside the range"),
        ("controllers: [{name: face, kind: forward, joints: [jaw, yaw]}]", "no joint 'yaw'"),
    ],
)
def test_rules_are_checked_against_the_joints(rule, says):
    [problem] = refused(SMALL + rule)
    assert problem.startswith("head.yaml:17: ")
    assert says in problem


@pytest.mark.parametrize(
    ("rule", "refuses"),
    [
        ("{joint: eyes, side: maximum, by: jaw, table: [[0.0, 0.1], [0.2, 0.3]]}", False),
        ("{joint: eyes, side: maximum, by: jaw, table: [[0.0, 0.1], [0.4, 0.3]]}", True),  # a jaw that closes waits
        ("{joint: eyes, side: maximum, by: jaw, table: [[0.0, 0.3], [0.4, 0.1]]}", False),  # one that opens waits
        ("{joint: eyes, side: minimum, by: jaw, table: [[0.0, -0.1], [0.4, -0.3]]}", True),
        ("{joint: jaw, side: minimum, by: eyes, table: [[0.0, 0.0], [0.3, 0.25]]}", False),
        ("{joint: jaw, side: minimum, by: eyes, table: [[0.0, 0.0], [0.3, 0.35]]}", True),
        ("{joint: jaw, side: maximum, by: eyes, table: [[0.0, 0.4], [0.3, 0.1]]}", False),
    ],
)
def test_a_cross_limit_must_not_keep_a_joint_from_its_way_back(rule, refuses):
    text = f"{SMALL}cross_limits: [{rule}]\ndwell_limits: [{{joint: jaw, beyond: 0.3, seconds: 1, recovery: 1}}]\n"
    if not refuses:
        parse_calibration(text, "head.yaml")
        return
    [problem] = refused(text)
    assert problem.startswith("head.yaml:18: dwell_limits.0: ")
    assert "could keep 'jaw' beyond 0.3" in problem


def test_all_errors_are_reported_at_once():
    text = (
        SMALL.replace("jawOpen", "jawOpn").replace("eyeLookUpLeft", "eyesUp").replace("minimum: -0.4", "minimum: 0.3")
    )
    assert len(refused(text)) == 3


def test_a_dwell_limit_of_a_joint_without_a_velocity_is_refused_with_that_key():
    """Found by fuzzing."""
    rule = "dwell_limits: [{joint: jaw, beyond: 0.3, seconds: 3, recovery: 1}]"
    problems = refused(SMALL.replace("defaults: {maximum_velocity: 5.0}", "defaults: {gain: 1.0}") + rule)
    assert problems
    assert all("maximum_velocity" in problem for problem in problems)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "head.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CalibrationRefused, match="not a text"):
        read_calibration(tmp_path / "head.yaml")
