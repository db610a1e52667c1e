"""The head answers while it loads and returns to neutral, and a cleanup releases everything."""

import json
import sys
import threading
import time
from pathlib import Path

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from dystream_ros.msg import FaceMotion, StreamStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from patience import PATIENCE
from sensor_msgs.msg import Image

FOLDER = Path(__file__).parent


@pytest.fixture
def slow(graph, tmp_path):
    """A head whose model loads until `tmp_path / "weights"` exists."""
    weights = tmp_path / "weights"
    name = f"slow{len(graph.processes)}"
    names = ("motion", "status", "image", "self/audio", "other/audio", "motion_layout", "self/audio_aligned")
    head = graph.run(
        [sys.executable, str(FOLDER / "slow_head.py")],
        remap={topic: f"{name}/{topic}" for topic in names} | {"__node": name},
        model=str(weights),
        autostart=False,
    )
    yield name, weights, head
    weights.touch()
    head.stop()


def state_of(graph, name):
    return graph.call(f"{name}/get_state", GetState, GetState.Request()).current_state.label


def requested(graph, name, transition):
    """Requests a transition; returns the results, which arrive later."""
    client = graph.node.create_client(ChangeState, f"{name}/change_state")
    assert client.wait_for_service(PATIENCE)
    results = []
    future = client.call_async(ChangeState.Request(transition=Transition(id=transition)))
    future.add_done_callback(lambda done: results.append(done.result().success))
    return results


def test_a_loading_head_answers_and_refuses_a_second_transition(graph, slow):
    name, weights, head = slow
    statuses = graph.listen(f"{name}/status", StreamStatus)
    diagnostics = graph.listen("/diagnostics", DiagnosticArray)
    results = requested(graph, name, Transition.TRANSITION_CONFIGURE)
    graph.until(lambda: state_of(graph, name) == "configuring", "the state")
    statuses.next(3)
    diagnostics.until(
        lambda all_: any(s.name == f"/{name}: state" and s.message == "configuring" for m in all_ for s in m.status),
        "diagnostics of a loading head",
    )
    begun = time.monotonic()
    assert not graph.change(name, Transition.TRANSITION_CONFIGURE)
    assert time.monotonic() - begun < 5, "the refusal does not wait for the weights"
    head.until_log("a change of state is refused while the head is configuring")
    assert not results
    weights.touch()
    graph.until(lambda: results == [True], "the first request to succeed")
    assert state_of(graph, name) == "inactive"


def test_an_appearance_that_is_set_while_the_head_loads_is_shown(graph, slow):
    name, weights, _ = slow
    results = requested(graph, name, Transition.TRANSITION_CONFIGURE)
    graph.until(lambda: state_of(graph, name) == "configuring", "the state")
    for parameter in ("image_width", "image_height"):
        assert graph.set(name, parameter, 128).successful
    weights.touch()
    graph.until(lambda: results == [True], "the head to be configured")
    images = graph.listen(f"{name}/image", Image)
    assert graph.change(name, Transition.TRANSITION_ACTIVATE)
    images.until(lambda all_: all_ and all_[-1].width == 128, "images of the new size")
    graph.forget(images)


def test_a_head_that_returns_to_neutral_answers(graph, slow):
    name, weights, _ = slow
    weights.touch()
    graph.set(name, "neutral_ramp", 3.0)
    assert graph.change(name, Transition.TRANSITION_CONFIGURE)
    assert graph.change(name, Transition.TRANSITION_ACTIVATE)
    motions = graph.listen(f"{name}/motion", FaceMotion)
    statuses = graph.listen(f"{name}/status", StreamStatus)
    motions.until(lambda all_: all_ and all_[-1].values[0] == 0.5, "the grimace")
    results = requested(graph, name, Transition.TRANSITION_DEACTIVATE)
    graph.until(lambda: state_of(graph, name) == "deactivating", "the state")
    statuses.next(2)
    assert not results, "the face is still moving to neutral"
    graph.until(lambda: results == [True], "the face to be at neutral")
    assert not any(motions[-1].values)


def test_a_head_that_is_stopped_while_it_loads_ends_after_loading(graph, slow):
    name, weights, head = slow
    requested(graph, name, Transition.TRANSITION_CONFIGURE)
    graph.until(lambda: state_of(graph, name) == "configuring", "the state")
    threading.Timer(0.5, weights.touch).start()
    assert head.stop() == 0


def cycled(graph, untrained, cycles, *options):
    process = graph.run(
        [sys.executable, str(FOLDER / "cycling_head.py"), str(cycles), *options],
        model=str(untrained),
        autostart=False,
        images=False,
    )
    assert process.wait() == 0, process.log
    return json.loads(process.log.splitlines()[-1])


def test_cleanup_frees_the_session_and_memory_stays_flat(graph, untrained):
    found = cycled(graph, untrained, 10)
    assert found["alive"] == [0] * 10, "a session exists after its cleanup"
    assert found["most_at_once"] == 1, "a reconfigure had two models in memory"
    memory = found["own_mib"]
    assert memory[-1] - memory[3] < 4, f"memory grows with each configure: {memory}"
    assert not {"inference", "pictures"} & set(found["threads"])


def test_a_configure_that_fails_half_way_leaves_nothing_running(graph, untrained):
    found = cycled(graph, untrained, 2, "--break-configure")
    assert found["alive"] == [0, 0]
    assert not {"inference", "pictures"} & set(found["threads"])
    assert not [topic for topic in found["publishers"] if topic.endswith(("motion", "motion_layout", "audio_aligned"))]
