"""The face on a screen: it shows the images of a head, and the neutral face after they stop."""

import array
import os
import time

import cv2
import numpy as np
import pytest
from dystream_ros.msg import FaceMotion
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image

from dystream_ros.nodes.common import qos

WIDTH, HEIGHT = 640, 480
LETTERBOX = 0x204060
GRIMACE = 0.9
AT_REST, GRIMACING, BACK_AGAIN = ((90, 200, 60), (60, 60, 220), (220, 120, 60))


def coloured(*colours, side=128):
    """A square picture with a colour in each quarter (one for all), so that any turn of it looks different."""
    quarters = np.array(colours if len(colours) == 4 else colours * 4, np.uint8).reshape(2, 2, 3)
    return quarters.repeat(side // 2, axis=0).repeat(side // 2, axis=1)


QUARTERS = coloured((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255))


def on_screen(picture, width=WIDTH, height=HEIGHT, brightness=1.0):
    """The screen as it should look: the picture in the middle, as large as fits, the letterbox colour beside it."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    screen = np.full((height, width, 3), [LETTERBOX & 255, LETTERBOX >> 8 & 255, LETTERBOX >> 16], np.uint8)
    top, left = (height - large.shape[0]) // 2, (width - large.shape[1]) // 2
    screen[top : top + large.shape[0], left : left + large.shape[1]] = large
    return screen * brightness


def same(seen, expected):
    """Up to rounding, and to how the edges of colours are smoothed: a pixel in a hundred."""
    if seen.shape != expected.shape:
        return False
    return (np.abs(seen.astype(float) - expected).max(axis=2) > 6).mean() < 0.01


@pytest.fixture(scope="module")
def display(graph, screen):
    graph.environment["DISPLAY"] = screen.name
    graph.environment.pop("WAYLAND_DISPLAY", None)
    display = graph.start("display", letterbox=LETTERBOX, image_timeout=0.5, fade=0.1)
    display.until_log("showing on x11, monitor 0")
    return display


@pytest.fixture
def sender(senders, display):
    return senders(QUARTERS)


@pytest.fixture
def seen(graph, screen):
    """seen(picture) waits until that is what the screen shows."""

    def wait(picture, **look):
        expected = on_screen(picture, **look)
        graph.until(lambda: same(screen.picture(), expected), f"a screen that shows the picture {look}")

    return wait


def set_live(graph, **values):
    request = SetParameters.Request()
    request.parameters = [Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]
    assert all(result.successful for result in graph.call("display/set_parameters", SetParameters, request).results)


def test_the_image_fills_the_monitor_as_far_as_its_shape_allows(sender, seen, screen):
    seen(QUARTERS)
    wide = cv2.resize(QUARTERS, (200, 100), interpolation=cv2.INTER_NEAREST)
    sender.send(wide)
    seen(wide)
    assert screen.windows() == [(0, 0, WIDTH, HEIGHT)]


def test_there_is_no_mouse_pointer(sender, seen, screen):
    seen(QUARTERS)
    assert not screen.cursor_is_visible()


@pytest.mark.parametrize("mirror", [False, True])
def test_the_picture_is_mirrored_and_turned_clockwise(graph, sender, seen, mirror):
    tall = cv2.resize(QUARTERS, (90, 160), interpolation=cv2.INTER_NEAREST)
    sender.send(tall)
    for rotation in (90, 180, 270, 0):
        set_live(graph, rotation=rotation, mirror=mirror)
        expected = tall[:, ::-1] if mirror else tall
        seen(np.ascontiguousarray(np.rot90(expected, -rotation // 90)))
    set_live(graph, mirror=False)


def test_the_newest_image_is_shown(sender, seen):
    for shade in range(0, 250, 50):
        picture = coloured((shade, 255 - shade, 128))
        sender.send(picture)
        seen(picture)


def test_an_image_waits_as_long_as_the_sound_lags(graph, sender, seen):
    seen(QUARTERS)
    set_live(graph, delay_ms=800.0)
    for shade in (60, 180):
        begun = time.monotonic()
        picture = coloured((shade, shade, 128))
        sender.send(picture)
        seen(picture)
        assert time.monotonic() - begun > 0.8
    set_live(graph, delay_ms=0.0)


def test_behind_a_transparent_image_is_the_colour_of_the_letterbox(sender, seen):
    cut_out = np.dstack([QUARTERS, np.full(QUARTERS.shape[:2], 255, np.uint8)])
    cut_out[:64, :, 3] = 0
    sender.send(cut_out)
    expected = QUARTERS.copy()
    expected[:64] = [LETTERBOX & 255, LETTERBOX >> 8 & 255, LETTERBOX >> 16]
    seen(expected)


def test_when_images_stop_in_a_grimace_the_neutral_face_is_shown(sender, seen):
    sender.send(coloured(AT_REST))
    seen(coloured(AT_REST))
    # A quarter of it changes: all of it would be another face.
    grimacing = coloured(AT_REST, AT_REST, AT_REST, GRIMACING)
    sender.send(grimacing, amount=GRIMACE)
    seen(grimacing)
    sender.stop()
    seen(coloured(AT_REST))


def test_a_head_that_resumes_is_shown_again(senders, sender, seen):
    seen(QUARTERS)
    sender.stop()
    senders(coloured(BACK_AGAIN))
    seen(coloured(BACK_AGAIN))


def test_compressed_images_are_shown_where_there_are_no_raw_ones(senders, display, seen):
    senders(coloured(BACK_AGAIN), transport="compressed")
    seen(coloured(BACK_AGAIN))


def test_the_screen_is_dimmed_while_nobody_speaks(graph, sender, seen):
    seen(QUARTERS)
    set_live(graph, idle_after=0.2, idle_brightness=0.5)
    seen(QUARTERS, brightness=0.5)
    sender.speaking = FaceMotion.OTHER
    seen(QUARTERS)
    set_live(graph, idle_after=0.0)


def test_a_rejected_image_is_reported_and_the_next_is_shown(graph, display, senders, seen):
    publisher = graph.publisher("image", Image, qos.image(reliable=True))
    odd = Image(height=1, width=1, encoding="yuv422", step=2, data=array.array("B", [0, 0]))

    def reported():
        publisher.publish(odd)
        return "yuv422" in display.log

    graph.until(reported, "a message about the encoding")
    senders(QUARTERS)
    seen(QUARTERS)
    graph.node.destroy_publisher(publisher)


def test_escape_ends_the_node(screen, display, sender, seen):
    seen(QUARTERS)
    screen.press("Escape")
    assert display.wait() == 0
    assert "ERROR" not in display.log
    assert screen.windows() == []


def test_a_window_has_the_size_that_was_asked_for_also_with_a_wrong_neutral_image(graph, screen, tmp_path):
    graph.environment["DISPLAY"] = screen.name
    os.mkfifo(tmp_path / "pipe.png")  # which a reader would wait for
    image = str(tmp_path / "pipe.png")
    process = graph.start("display", fullscreen=False, window_width=200, window_height=100, neutral_image=image)
    expected = [((WIDTH - 200) // 2, (HEIGHT - 100) // 2, 200, 100)]
    graph.until(lambda: screen.windows() == expected, "a window of 200 x 100 in the middle")
    process.until_log(f"neutral_image: {image} is no regular file")
    assert process.stop() == 0


@pytest.mark.parametrize(
    ("environment", "parameters", "said"),
    [
        ({"DISPLAY": ""}, {}, ["x11 (DISPLAY is not set)", "wayland", "kmsdrm", "groups video"]),
        ({}, {"monitor": 7}, ["there is no monitor 7; set monitor to one of", "640x480"]),
    ],
    ids=["no screen", "no such monitor"],
)
def test_without_a_screen_it_ends_with_status_2_and_says_what_to_do(graph, screen, environment, parameters, said):
    before = dict(graph.environment)
    graph.environment.update({"DISPLAY": screen.name} | environment)
    process = graph.start("display", **parameters)
    graph.environment.update(before)
    assert process.wait() == 2
    assert [line for line in said if line not in process.log] == []
