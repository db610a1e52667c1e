"""The state of a head in words, and recordings that only this server names."""

import asyncio
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from dystream_ros.msg import StreamStatus
from rcl_interfaces.msg import FloatingPointRange, ParameterDescriptor

from dystream_ros.nodes.web import recordings as recordings_module
from dystream_ros.nodes.web.head_parameters import listed
from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.recordings import MOST, Recordings
from dystream_ros.nodes.web.state import Faults, Latency, decibels

ROOT = Path(__file__).parents[3]


def counted(faults, now, **counts):
    faults.counted(StreamStatus(counters=list(counts), counts=list(counts.values())), now)


def test_a_counter_that_increases_is_told_with_what_to_do_until_it_rests():
    faults = Faults()
    counted(faults, 0.0, engine_failures=7)
    assert faults.json(0.0)["advice"] == []  # before anybody looked
    counted(faults, 1.0, engine_failures=7, **{"other.late": 480, "self.interrupted": 3})
    counted(faults, 2.0, engine_failures=8, **{"other.late": 960, "self.interrupted": 4})
    first, second = faults.json(2.0)["advice"]
    assert (first["counter"], first["level"], first["count"]) == ("engine_failures", "error", 1)
    assert (second["counter"], second["level"], second["count"]) == ("other.late", "warn", 960)
    assert second["cause"].startswith("Audio of the partner: Samples arrived after")
    assert "jitter_budget" in second["what_to_do"]
    assert faults.json(40.0)["advice"] == []


def test_diagnostics_of_a_node_that_is_gone_are_stale():
    faults = Faults()
    status = DiagnosticStatus(level=DiagnosticStatus.WARN, name="/head: state", message="images are skipped")
    faults.diagnosed(DiagnosticArray(status=[status]), 0.0)
    assert [item["level"] for item in faults.json(1.0)["items"]] == ["warn"]
    assert [item["level"] for item in faults.json(10.0)["items"]] == ["stale"]
    assert faults.json(100.0)["items"] == []


def test_the_recorder_of_the_page_is_not_missed_when_its_recording_has_ended():
    faults = Faults()
    status = DiagnosticStatus(level=DiagnosticStatus.OK, name="/web_recorder: state", message="recording")
    faults.diagnosed(DiagnosticArray(status=[status]), 0.0)
    assert [item["level"] for item in faults.json(1.0)["items"]] == ["ok"]
    assert faults.json(10.0)["items"] == []


def test_the_advice_is_that_of_the_documentation():
    script = "import runpy; made = runpy.run_path('scripts/write_web_advice.py'); print(made['text'](), end='')"
    made = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert (ROOT / "dystream_ros" / "nodes" / "web" / "advice.json").read_text() == made


def test_levels_and_latencies_fit_json():
    assert [decibels(value) for value in (-float("inf"), float("nan"), 3.0, -12.34)] == [-100.0, -100.0, 0.0, -12.3]
    shared, own = Latency(), Latency()
    assert own.json(shared) == {"type": "latency", "parts": [], "total": None}
    shared.add("head", 110.0)
    own.add("playout", 30.0)
    assert own.json(shared)["parts"] == [
        {"name": "head", "p50": 110.0, "p95": 110.0},
        {"name": "playout", "p50": 30.0, "p95": 30.0},
    ]
    assert own.json(shared)["total"] == {"p50": 140.0, "p95": 140.0}


def described(name, kind, constraints, value, **fields):
    return listed([ParameterDescriptor(name=name, type=kind, additional_constraints=constraints, **fields)], [value])


def test_a_page_sees_what_a_head_describes_but_no_files():
    [dial] = described(
        "nod_rate", 3, "double, 0.0 to 3.0; takes effect at once", 1.0,
        floating_point_range=[FloatingPointRange(from_value=0.0, to_value=3.0)],
    )  # fmt: skip
    assert (dial.minimum, dial.maximum, dial.applies, dial.group) == (0.0, 3.0, "at once", "behaviour")
    assert dial.checked(2) == 2.0
    [framing] = described("framing", 4, "one of 'bust', 'head'; takes effect at once", "bust")
    assert framing.choices == ("bust", "head")
    [rotation] = described("rotation", 2, "one of 0, 90, 180, 270 deg; takes effect at once", 0)
    assert rotation.choices == (0, 90, 180, 270)
    assert described("model", 4, "string; takes effect at the next configure", "compact") == []
    assert described("autostart", 1, "bool; takes effect at the next start", True, read_only=True) == []


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_parameter_that_is_no_finite_number_fits_json(number):
    anything = [FloatingPointRange(from_value=-math.inf, to_value=math.inf)]
    [parameter] = described("gain", 3, "", number, floating_point_range=anything)
    sent = json.loads(json.dumps(parameter.json(), allow_nan=False))
    assert [sent[name] for name in ("name", "value", "minimum", "maximum")] == ["gain", None, None, None]


@pytest.mark.parametrize("value", ["/etc/passwd", "../../etc/shadow", "ada.face", "#12345", "http://x/y.face", 5, True])
def test_no_file_reaches_the_head_through_a_page(value):
    [portrait] = described("portrait", 4, "string; takes effect at once", "ada")
    [background] = described("background", 4, "string; takes effect at once", "/home/me/room.png")
    assert portrait.checked("mei") == "mei"
    assert background.checked("#a0B0c0") == "#a0B0c0"
    assert background.checked("/home/me/room.png") == "/home/me/room.png"  # as it was set on the machine
    for parameter in (portrait, background):
        with pytest.raises(Refused):
            parameter.checked(value)


@pytest.fixture
def kept(tmp_path):
    """Recordings with one that is complete, and files beside it that are none."""
    for name in ("20260101T120000_0123abcd.mp4", "20260101T120000_0123abcd.csv", "secret.mp4", "other.txt"):
        (tmp_path / name).write_text(name)
    return Recordings(tmp_path, {}, 10.0, lambda: None)


NAME = "20260101T120000_0123abcd"


def test_a_ticket_is_valid_once_and_for_a_minute(kept, monkeypatch):
    assert [each["recording"] for each in kept.kept()] == [NAME]
    ticket, name = kept.ticket(NAME, "motion")
    assert name == f"{NAME}.csv"
    assert kept.redeem(ticket).read_text() == f"{NAME}.csv"
    assert kept.redeem(ticket) is None
    assert kept.redeem("") is None
    late, _ = kept.ticket(NAME, "video")
    now = recordings_module.time.monotonic()
    monkeypatch.setattr(recordings_module.time, "monotonic", lambda: now + 61)
    assert kept.redeem(late) is None


@pytest.mark.parametrize("name", ["secret", "../secret", "/etc/passwd", "", f"{NAME}.mp4", f"{NAME}/../other.txt"])
def test_only_recordings_are_given_out_and_deleted(kept, tmp_path, name):
    with pytest.raises(Refused, match="no such recording"):
        kept.ticket(name, "video")
    with pytest.raises(Refused, match="no such recording"):
        kept.delete(name)
    assert len(list(tmp_path.iterdir())) == 4
    kept.delete(NAME)
    assert kept.kept() == []


def test_a_full_disk_and_too_many_recordings_are_refused(kept, tmp_path, monkeypatch):
    for k in range(MOST):
        (tmp_path / f"20260101T1200{k:02}_00000000.mp4").touch()
    with pytest.raises(Refused, match="delete one first"):
        asyncio.run(kept.start())
    empty = Recordings(tmp_path / "new", {}, 10.0, lambda: None)
    monkeypatch.setattr(recordings_module, "_FREE_BYTES", 10**18)
    with pytest.raises(Refused, match="MB of the disk are free"):
        asyncio.run(empty.start())
    with pytest.raises(Refused, match="no recording runs"):
        asyncio.run(empty.stop())
