"""States and parameters of a head, and its face on failures and at the end."""

import array
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from dystream_ros.msg import AudioChunk, FaceMotion, StreamStatus
from lifecycle_msgs.msg import Transition
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import nanoseconds, time_message

PARAMETERS = """
/**:
  ros__parameters:
    jitter_budget: 0
    queue_limit: 1e9
    jpeg_quality: "best"
    qeueu_limit: 3.0
    images: false
"""


@pytest.fixture(scope="module")
def head(graph, tmp_path_factory):
    """Unconfigured, with a parameter file that has every kind of error."""
    file = tmp_path_factory.mktemp("parameters") / "head.yaml"
    file.write_text(PARAMETERS)
    command = [sys.executable, "-m", "dystream_ros.nodes.head", "--ros-args", "--params-file", str(file)]
    return graph.run(command, autostart=False, model=str(file.with_name("missing.safetensors")), portrait="nobody")


@pytest.fixture(scope="module")
def statuses(graph, head):
    return graph.listen("status", StreamStatus)


@pytest.fixture(scope="module")
def motions(graph):
    return graph.listen("motion", FaceMotion)


def counters(status):
    return dict(zip(status.counters, status.counts))


def test_invalid_parameters_are_reported_and_keep_their_defaults(graph, head, statuses):
    log = head.until_log("'jpeg_quality'")
    assert "there is no parameter 'qeueu_limit', its value is not used; did you mean 'queue_limit'?" in log
    assert (
        "parameter 'queue_limit': got 1000000000.0; accepted is double, 1.0 to 600.0 s; the default 60.0 is used" in log
    )
    assert "parameter 'jpeg_quality': got 'best'; accepted is integer, 1 to 100 %; the default 85 is used" in log
    status = statuses.until(lambda all_: all_[-1:], "a status")[0]
    assert counters(status) == {"parameters_unknown": 1, "parameters_refused": 2}
    # An integer serves as a double.
    assert graph.control("get", "jitter_budget").stdout.strip() == "0.0"
    refused = graph.control("set", "jpeg_quality", "101")
    assert refused.returncode == 2
    assert "Min: 1, Max: 100" in refused.stderr


def test_a_parameter_out_of_range_is_refused_at_run_time(graph, head):
    assert "Min: 1, Max: 100" in graph.set("head", "jpeg_quality", 101).reason
    assert "one of 'paced', 'driven'" in graph.set("head", "time_mode", "quick").reason
    assert "read-only" in graph.set("head", "autostart", True).reason
    assert graph.set("head", "neutral_ramp", 0).successful


def test_missing_weights_are_reported_and_the_head_stays_unconfigured(graph, head, statuses):
    assert graph.control("configure").returncode == 2
    head.until_log("ModelError: no weights at ")
    statuses.until(lambda all_: counters(all_[-1]).get("transition_failures") == 1, "the failure in the counter")


def test_diagnostics_give_the_reason_of_a_failed_transition(graph, head):
    diagnostics = graph.listen("/diagnostics", DiagnosticArray)
    diagnostics.until(
        lambda all_: [
            status
            for message in list(all_)
            for status in message.status
            if status.level == DiagnosticStatus.ERROR
            and status.message.startswith("unconfigured; could not become inactive: ModelError: no weights at ")
        ],
        "the reason in the diagnostics",
    )


def test_damaged_weights_are_named(graph, head, tmp_path):
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"these are no weights")
    assert graph.set("head", "model", str(damaged)).successful
    assert not graph.change("head", Transition.TRANSITION_CONFIGURE)
    head.until_log("damaged.safetensors is damaged")


def test_a_transition_that_its_state_does_not_allow_is_refused(graph, head):
    assert not graph.change("head", Transition.TRANSITION_ACTIVATE)
    assert graph.control("interrupt").stderr.strip() == "the head is unconfigured; activate it first"
    assert head.running


def test_every_transition_and_a_second_configure(graph, head, motions, untrained):
    graph.set("head", "model", str(untrained))
    graph.set("head", "images", True)
    assert graph.control("configure").stdout.strip() == "inactive"
    head.until_log("no images, but motion continues")
    assert not motions
    assert graph.change("head", Transition.TRANSITION_ACTIVATE)
    motions.next(5)
    assert graph.change("head", Transition.TRANSITION_DEACTIVATE)
    assert is_neutral(motions[-1])
    have = len(motions)
    assert graph.change("head", Transition.TRANSITION_ACTIVATE)
    again = motions.until(lambda all_: all_[have:], "frames")
    assert again[0].frame == 0
    assert again[0].generation > motions[have - 1].generation
    assert graph.change("head", Transition.TRANSITION_DEACTIVATE)
    assert graph.change("head", Transition.TRANSITION_CLEANUP)
    assert graph.change("head", Transition.TRANSITION_CONFIGURE)
    have = len(motions)
    assert graph.change("head", Transition.TRANSITION_ACTIVATE)
    newest = motions.until(lambda all_: all_[have:], "frames of a head that was configured anew")
    assert newest[0].generation > again[-1].generation
    assert graph.control("shutdown").returncode == 0
    assert head.wait() == 0
    graph.until(lambda: is_neutral(motions[-1]), "the last motion, a neutral one")


def is_neutral(motion):
    return not np.any(motion.values) and motion.head_pose.orientation.w == 1.0


@pytest.fixture
def grimacing(graph):
    """Starts the head of `grimacing_head.py`, with a prefix of its own for its topics."""

    def start(name, **parameters):
        names = ("motion", "status", "image", "self/audio", "other/audio", "motion_layout", "self/audio_aligned")
        head = graph.run(
            [sys.executable, str(Path(__file__).with_name("grimacing_head.py"))],
            remap={topic: f"{name}/{topic}" for topic in names} | {"__node": name},
            **parameters,
        )
        head.until_log("active")
        return head

    return start


def test_the_face_is_neutral_while_the_model_fails(graph, grimacing):
    head = grimacing("failing", neutral_ramp=0.2)
    motions = graph.listen("failing/motion", FaceMotion)
    statuses = graph.listen("failing/status", StreamStatus)
    motions.until(lambda all_: all_ and all_[-1].values[0] == 0.5, "the grimace")
    speech = graph.publisher("failing/self/audio", AudioChunk)
    loud = AudioChunk(stream_id=1, sample_rate=16_000, channels=1, end_of_stream=True)
    loud.data = array.array("h", [32_000, -32_000] * 8_000)
    have = len(motions)
    speech.publish(loud)
    motions.until(lambda all_: is_neutral(all_[-1]), "a neutral face")
    jaw = [motion.values[0] for motion in motions[have:]]
    assert max(np.abs(np.diff(jaw))) < 0.3, "the face must not jump"
    motions.until(lambda all_: all_[-1].values[0] == 0.5, "the model to work again")
    assert "OpenGL is not available" in head.log
    head.until_log("the model failed at frame")
    statuses.until(lambda all_: counters(all_[-1]).get("engine_failures", 0) >= 20, "the failures in the counter")
    attempts = head.log.count("an attempt fails")
    assert 2 <= attempts < 10, "a model that fails is tried at growing intervals"
    frames = [motion.frame for motion in motions[have:]]
    assert frames == list(range(frames[0], frames[0] + len(frames)))

    # A failing renderer loses images, but no motion.
    images = graph.listen("failing/image", Image, qos.image(True))
    statuses.until(lambda all_: counters(all_[-1]).get("rendering_failures", 0) > 5, "failures of the renderer")
    head.until_log("out of paint")
    assert not images
    statuses.until(lambda all_: all_[-1].images_dropped > 5, "images that are missing")
    motions.next(5)

    assert head.stop(signal.SIGTERM) == 0
    assert is_neutral(motions[-1]), "the face must be neutral when the process ends"


def test_diagnostics_show_an_error_while_the_model_fails(graph, grimacing):
    grimacing("ill", neutral_ramp=0.2)
    motions = graph.listen("ill/motion", FaceMotion)
    diagnostics = graph.listen("/diagnostics", DiagnosticArray)

    def health(level, text=""):
        return diagnostics.until(
            lambda all_: [
                status
                for message in list(all_)
                for status in message.status
                if status.name == "/ill: state" and status.level == level and text in status.message
            ],
            f"level {level!r} of the head with {text!r}",
        )[-1]

    motions.until(lambda all_: all_ and all_[-1].values[0] == 0.5, "the grimace")
    health(DiagnosticStatus.OK)
    speech = graph.publisher("ill/self/audio", AudioChunk)
    loud = AudioChunk(stream_id=1, sample_rate=16_000, channels=1, end_of_stream=True)
    loud.data = array.array("h", [32_000, -32_000] * 8_000 * 4)
    speech.publish(loud)
    health(DiagnosticStatus.ERROR, "the model fails: RuntimeError: too loud to think")
    motions.until(lambda all_: all_[-1].values[0] == 0.5, "the model to work again")
    have = len(diagnostics)
    diagnostics.until(
        lambda all_: any(
            s.level == DiagnosticStatus.OK for m in all_[have:] for s in m.status if s.name == "/ill: state"
        ),
        "the level OK again",
    )


def test_a_jump_of_the_clock_changes_stamps_and_no_frames(graph, grimacing):
    head = grimacing("simulated", use_sim_time=True)
    motions = graph.listen("simulated/motion", FaceMotion)
    statuses = graph.listen("simulated/status", StreamStatus)
    ticking = _Ticking(graph.publisher("/clock", Clock, 10))
    try:
        motions.until(lambda all_: all_ and nanoseconds(all_[-1].header.stamp) > 50e9, "stamps of the simulated time")
        for jump in (1000.0, -500.0):
            before = counters(statuses.next()[0]).get("clock_jump", 0)
            ticking.seconds += jump
            statuses.until(
                lambda all_, b=before: counters(all_[-1]).get("clock_jump", 0) > b, "the jump in the counter"
            )
            frames = motions.next(10)
            assert [frame.frame - frames[0].frame for frame in frames] == list(range(10))
            assert nanoseconds(frames[-1].header.stamp) / 1e9 == pytest.approx(ticking.seconds, abs=20)
        head.until_log("ROS time was set by")
    finally:
        ticking.stop()


class _Ticking(threading.Thread):
    """Publishes a simulated time that runs as fast as the real one."""

    def __init__(self, publisher):
        super().__init__()
        self.seconds = 100.0
        self._publisher, self._stopped = publisher, threading.Event()
        self.start()

    def run(self):
        while not self._stopped.wait(0.01):
            self.seconds += 0.01
            self._publisher.publish(Clock(clock=time_message(round(self.seconds * 1e9))))

    def stop(self):
        self._stopped.set()
        self.join()
