"""`dystream actuators`: a new calibration file, and the check of one."""

import os
from pathlib import Path

import numpy as np
import pytest

from dystream_ros.actuators.calibration_file import read_calibration
from dystream_ros.cli import main
from dystream_ros.cli.actuator_motion import shipped_or_path
from dystream_ros.face.motion import ARKIT_LAYOUT

URDF = """<robot name="r"><link name="base"/>
  <joint name="head.pan" type="revolute"><limit lower="-1" upper="1" velocity="4" effort="1"/></joint>
  <joint name="eyelid_left" type="revolute"><limit lower="0.1" upper="0.9" velocity="8" effort="1"/></joint>
  <joint name="chin" type="revolute"><limit lower="0" upper="0.4" velocity="6" effort="1"/></joint>
  <joint name="wheel" type="continuous"/>
  <joint name="mount" type="fixed"/></robot>"""


@pytest.fixture
def motion(tmp_path):
    """Ten seconds of a talking, nodding face as a file of `dystream motion`."""
    time = np.arange(250) * 0.04
    values = np.zeros((250, 52))
    values[:, ARKIT_LAYOUT.names.index("jawOpen")] = 0.5 + 0.5 * np.sin(2 * np.pi * 1.5 * time)
    pose = np.zeros((250, 6))
    pose[:, 1] = 0.1 * np.sin(2 * np.pi * 0.5 * time)
    names = np.array(ARKIT_LAYOUT.names)
    np.savez(tmp_path / "motion.npz", names=names, values=values, head_pose=pose)
    return tmp_path / "motion.npz"


def test_a_new_file_explains_itself_and_is_accepted(tmp_path, capsys):
    file = tmp_path / "my head.yaml"
    assert main(["actuators", "new", str(file)]) == 0
    assert read_calibration(file).name == "my head"
    text = file.read_text()
    for key in ("region:", "curve:", "maximum_jerk:", "cross_limits", "dwell_limits", "controllers"):
        assert key in text
    assert main(["actuators", "new", str(file)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_the_rules_of_the_template_work_without_their_hash_signs(tmp_path):
    file = tmp_path / "head.yaml"
    main(["actuators", "new", str(file)])
    lines = file.read_text().splitlines()
    for index, line in enumerate(lines):
        if line.startswith(("# cross_limits:", "# dwell_limits:", "# controllers:", "#   - {")):
            lines[index] = line.removeprefix("# ") if not line.startswith("#   -") else "  " + line.removeprefix("#   ")
    file.write_text("\n".join(lines))
    calibration = read_calibration(file)
    assert len(calibration.cross_limits) == len(calibration.dwell_limits) == len(calibration.controllers) == 1


def test_a_new_file_takes_joints_and_limits_from_a_urdf(tmp_path):
    (tmp_path / "robot.urdf").write_text(URDF)
    assert main(["actuators", "new", str(tmp_path / "head.yaml"), "--urdf", str(tmp_path / "robot.urdf")]) == 0
    pan, lid, chin = read_calibration(tmp_path / "head.yaml").joints
    assert (pan.name, pan.region, pan.inputs) == ("head.pan", "head", (("headYaw", 1.0),))
    assert (lid.minimum, lid.neutral, lid.maximum, lid.velocity) == (0.1, 0.1, 0.9, 5.6)
    assert dict(lid.inputs)["eyeBlinkLeft"] == 0.9
    assert chin.region == "mouth"


@pytest.mark.parametrize(("text", "says"), [("<robot", "no XML"), ("<mjcf/>", "no URDF"), ("<robot/>", "no joint")])
def test_what_is_no_urdf_is_refused(tmp_path, capsys, text, says):
    (tmp_path / "robot.urdf").write_text(text)
    assert main(["actuators", "new", str(tmp_path / "head.yaml"), "--urdf", str(tmp_path / "robot.urdf")]) == 2
    assert says in capsys.readouterr().err


def test_a_check_prints_how_joints_are_used_and_draws_pictures(tmp_path, motion, capsys):
    pytest.importorskip("matplotlib")
    output = tmp_path / "check"
    assert main(["actuators", "check", "beginner", "--motion", str(motion), "-o", str(output)]) == 0
    text = capsys.readouterr().out
    assert "beginner: 6 joints, 10 s of motion" in text
    assert "jaw: cut off in" in text
    assert "eyes_yaw: hardly moves" in text
    assert {path.name for path in output.iterdir()} == {"ranges.png", "speeds.png", "accelerations.png"}
    assert all(path.stat().st_size > 5000 for path in output.iterdir())


def test_a_check_reads_a_table_of_the_recorder(tmp_path, motion, capsys):
    pytest.importorskip("matplotlib")
    with np.load(motion) as file:
        table = np.hstack([file["values"], file["head_pose"]])
    names = [*ARKIT_LAYOUT.names, "headRoll", "headPitch", "headYaw", "headX", "headY", "headZ"]
    header = ",".join(["stamp", "frame", *names])
    rows = [",".join(["0.0", str(k), *(f"{x:.6g}" for x in row)]) for k, row in enumerate(table)]
    (tmp_path / "motion.csv").write_text("\n".join([header, *rows]))
    check = ["actuators", "check", "research", "-o", str(tmp_path / "check"), "--motion"]
    assert main([*check, str(tmp_path / "motion.csv")]) == 0
    from_table = capsys.readouterr().out
    assert main([*check, str(motion)]) == 0
    assert capsys.readouterr().out == from_table


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"names": None}, "no motion; it lacks names"),
        ({"values": np.zeros(52, np.float32)}, "do not fit together"),
        ({"values": np.zeros((250, 51), np.float32)}, "do not fit together"),
        ({"head_pose": np.zeros((3, 6), np.float32)}, "do not fit together"),
        ({"values": np.full((250, 52), np.nan, np.float32)}, "not finite"),
        ({"values": np.zeros((250, 52), "U3")}, "do not fit together"),
        (b"PK no zip", "not a zip file"),
        (b"", "not a zip file"),
    ],
)
def test_a_file_that_is_no_motion_is_a_sentence(tmp_path, motion, capsys, change, says):
    path = tmp_path / "odd.npz"
    if isinstance(change, bytes):
        path.write_bytes(change)
    else:
        with np.load(motion) as file:
            arrays = {**file, **change}
        np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    assert main(["actuators", "check", "research", "--motion", str(path)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert says in line


def test_a_motion_from_a_pipe_is_a_sentence(tmp_path, capsys):
    """Opening a pipe waits for its writer."""
    os.mkfifo(tmp_path / "pipe.npz")
    assert main(["actuators", "check", "research", "--motion", str(tmp_path / "pipe.npz")]) == 2
    assert "there is no file" in capsys.readouterr().err


def test_a_file_with_errors_gives_each_with_its_line_and_status_1(tmp_path, capsys):
    file = tmp_path / "head.yaml"
    main(["actuators", "new", str(file)])
    file.write_text(file.read_text().replace("jawOpen", "jawOpn").replace("region: lids", "region: lid"))
    assert main(["actuators", "check", str(file)]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert all(error.startswith(f"{file}:") for error in errors)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--motion", "motion.txt"], "is a .npz or .csv file"),
        (["--motion", "motion.npz", "--self", "a.wav"], "leave out --self"),
        (["--motion", "motion.npz", "--rate", "2"], "10 to 500"),
    ],
)
def test_wrong_arguments_are_refused(capsys, arguments, says):
    assert main(["actuators", "check", "research", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_refused_before_the_motion_is_made(tmp_path, capsys):
    (tmp_path / "file").touch()
    missing = tmp_path / "missing.npz"  # what is refused first is named
    assert main(["actuators", "check", "research", "--motion", str(missing), "-o", str(tmp_path / "file" / "out")]) == 2
    assert "file is not a folder; give a path in a folder that you may write to" in capsys.readouterr().err
    assert main(["actuators", "new", str(tmp_path / "file" / "head.yaml")]) == 2
    assert "file is not a folder; give a path in a folder that you may write to" in capsys.readouterr().err


def test_a_new_calibration_makes_its_folder(tmp_path):
    assert main(["actuators", "new", str(tmp_path / "my robot" / "head.yaml")]) == 0
    assert read_calibration(tmp_path / "my robot" / "head.yaml").joints


def test_a_folder_does_not_hide_a_shipped_calibration_of_its_name(tmp_path, monkeypatch):
    (tmp_path / "research").mkdir()
    monkeypatch.chdir(tmp_path)
    assert shipped_or_path(Path("research")).is_file()
