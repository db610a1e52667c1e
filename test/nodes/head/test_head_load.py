"""A running head beside busy programs: motion goes on, pictures belong to the present, and all is normal afterwards."""

import os
import resource
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from dystream_ros.msg import FaceMotion, StreamStatus
from lifecycle_msgs.msg import Transition
from sensor_msgs.msg import Image

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import nanoseconds

LOOPS = 6
SECOND_NS = 1_000_000_000


@pytest.fixture(scope="module")
def head(graph, untrained):
    head = graph.start("head", model=str(untrained), image_width=256, image_height=256)
    head.until_log("active")
    return head


@pytest.fixture
def busy():
    """Programs that use all cores, each in a session of its own; they end with `stop`, at the latest with the test."""
    command = [sys.executable, "-c", "while True: pass"]
    loops = [subprocess.Popen(command, start_new_session=True) for _ in range(LOOPS)]

    def stop():
        for loop in loops:
            loop.kill()
        for loop in loops:
            loop.wait()

    yield stop
    stop()


def test_motion_goes_on_and_pictures_show_the_present_beside_busy_programs(graph, head, busy):
    motions = graph.listen("motion", FaceMotion)
    statuses = graph.listen("status", StreamStatus)
    images = graph.listen("image", Image, qos.image(True))
    images.until(lambda all_: len(all_) > 5, "images")
    motions.next(100)
    shown, stamps = list(images), [nanoseconds(motion.header.stamp) for motion in motions]
    # Live sound keeps the present: motion is not seconds behind, however busy the machine is.
    assert time.time_ns() - stamps[-1] < SECOND_NS
    pictures = [nanoseconds(image.header.stamp) for image in shown]
    assert pictures == sorted(set(pictures)), "no picture belongs to an older motion than the last"
    assert set(pictures[1:]) <= set(stamps) | {pictures[0]}
    assert stamps[-1] - pictures[-1] < SECOND_NS, "no frozen second"
    busy()
    statuses.until(
        lambda all_: (
            all_[-1].degradation == StreamStatus.FULL
            and all_[-1].frame_rate > 24
            and nanoseconds(all_[-1].header.stamp) > stamps[-1]
        ),
        "the head at full rate",
    )
    for messages in (motions, statuses, images):
        graph.forget(messages)


def test_motion_and_audio_have_priority_over_pictures_and_both_over_other_programs(graph, head):
    def niceness():
        """Of the threads of the process, without those that load, and those that end meanwhile."""
        found = []
        for task in os.listdir(f"/proc/{head.pid}/task"):
            with suppress(ProcessLookupError):
                found.append(os.getpriority(os.PRIO_PROCESS, int(task)))
        return found

    own = os.getpriority(os.PRIO_PROCESS, 0)
    allowed = os.geteuid() == 0 or 20 - resource.getrlimit(resource.RLIMIT_NICE)[0] <= own - 10
    first, pictures = (own - 10, own - 5) if allowed else (own, own + 1)
    assert set(niceness()) == {first, pictures}
    assert niceness().count(first) > 3, "inference, the executor and the threads of the middleware"
    if not allowed:
        head.until_log("the head runs at 'normal'")
    assert graph.change("head", Transition.TRANSITION_DEACTIVATE)
    assert graph.change("head", Transition.TRANSITION_CLEANUP)
    assert set(niceness()) == {own}
    assert graph.set("head", "priority", "normal").successful
    assert graph.change("head", Transition.TRANSITION_CONFIGURE)
    assert set(niceness()) == {own, own + 1}
    assert graph.change("head", Transition.TRANSITION_ACTIVATE)


def test_the_first_frames_are_as_quick_as_the_others(graph, head):
    assert graph.change("head", Transition.TRANSITION_DEACTIVATE)
    assert graph.change("head", Transition.TRANSITION_CLEANUP)
    motions = graph.listen("motion", FaceMotion)
    assert graph.change("head", Transition.TRANSITION_CONFIGURE)
    assert not motions, "the frames of the warm-up are not published"
    assert graph.change("head", Transition.TRANSITION_ACTIVATE)
    frames = motions.until(lambda all_: len(all_) >= 50 and all_[:50], "two seconds of motion")
    first = frames[0].frame
    assert [frame.frame for frame in frames] == list(range(first, first + 50)), "no frame is dropped at the start"
    assert first < 5
    graph.forget(motions)
