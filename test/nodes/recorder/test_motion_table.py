"""Motion messages as rows of a table."""

from dystream_ros.msg import FaceMotion

from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.nodes.recorder.motion_table import MotionTable


def motion(frame, names, values):
    message = FaceMotion(frame=frame, names=names, values=values)
    message.header.stamp.sec, message.header.stamp.nanosec = 12, 40_000_000
    message.head_pose.orientation.w = 1.0
    message.head_pose.position.y = -0.25
    return message


def test_a_new_header_precedes_the_rows_of_other_names(tmp_path):
    table = MotionTable(tmp_path / "new" / "motion.csv")
    table.add(motion(0, ["jawOpen"], [0.5]))
    table.add(motion(1, ["jawOpen"], [0.25]))
    table.add(motion(2, ["jawOpen", "cheekPuff"], [0.125, 1.0]))
    table.close()
    rows = [line.split(",") for line in (tmp_path / "new" / "motion.csv").read_text().splitlines()]
    assert [row[0] for row in rows] == ["stamp", "12.040000000", "12.040000000", "stamp", "12.040000000"]
    assert dict(zip(rows[0], rows[2], strict=True))["jawOpen"] == "0.25"
    last = dict(zip(rows[3], rows[4], strict=True))
    assert (last["frame"], last["jawOpen"], last["cheekPuff"]) == ("2", "0.125", "1")
    assert [last[name] for name in POSE_NAMES] == ["0", "0", "0", "0", "-0.25", "0"]
