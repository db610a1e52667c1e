"""The face of a running head is changed: another portrait, another view, and what is refused."""

import array
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from dystream_ros.msg import StreamStatus
from motions import motion
from sensor_msgs.msg import CompressedImage, Image

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.image_messages import picture_from_compressed, picture_from_image
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.portrait import find_portrait

SIZE = 128


@pytest.fixture(scope="module")
def head(graph, untrained):
    # A machine under load may stall for seconds: then it makes up for all frames, and a lost one is the face's fault.
    head = graph.start("head", model=str(untrained), image_width=SIZE, image_height=SIZE, catch_up=250)
    head.until_log("active")
    return head


@pytest.fixture(scope="module")
def images(graph, head):
    return graph.listen("image", Image, qos.image(True))


@pytest.fixture(scope="module")
def faces():
    """The portraits at rest, by name."""
    made = {}
    for name in ("astronaut", "robot"):
        with open_renderer(name, SIZE, SIZE) as renderer:
            made[name] = renderer.render(motion()).astype(int)
    return made


def shown(image, faces):
    """Which of the faces an image shows."""
    picture = picture_from_image(image)
    return min(faces, key=lambda name: np.abs(faces[name] - picture).mean())


@pytest.fixture
def unbroken(graph, head):
    """No frame of motion was lost in a test that uses this."""
    statuses = graph.listen("status", StreamStatus)
    [before] = statuses.next()
    yield
    [after] = statuses.next()
    graph.forget(statuses)
    assert after.frames > before.frames
    assert after.frames_dropped == before.frames_dropped


@pytest.mark.usefixtures("unbroken")
def test_another_portrait_takes_over_and_no_frame_is_lost(graph, head, images, faces):
    images.until(lambda all_: all_ and shown(all_[-1], faces) == "astronaut", "the first face")
    for name in ("robot", "astronaut", "robot"):
        assert graph.set("head", "portrait", name).successful
        images.until(lambda all_, name=name: shown(all_[-1], faces) == name, f"the face of {name}")
    head.until_log("showing the portrait 'robot'")


@pytest.mark.usefixtures("unbroken")
@pytest.mark.parametrize("damage", ["missing", "photo", "cut", "changed"])
def test_a_portrait_that_is_none_is_refused_and_the_face_stays(graph, head, images, faces, tmp_path, damage):
    graph.set("head", "portrait", "robot")
    images.until(lambda all_: all_ and shown(all_[-1], faces) == "robot", "the face before")
    whole = find_portrait("astronaut").read_bytes()
    content = {
        "missing": None,
        "photo": cv2.imencode(".jpg", np.zeros((200, 200, 3), np.uint8))[1].tobytes(),
        "cut": whole[:-3000],
        "changed": whole[:9000] + bytes(500) + whole[9500:],
    }[damage]
    path = tmp_path / "me.face"
    if content is not None:
        path.write_bytes(content)
    answer = graph.set("head", "portrait", str(path))
    assert not answer.successful
    assert "parameter 'portrait'" in answer.reason
    assert "dystream portrait prepare" in answer.reason
    assert {shown(image, faces) for image in images.next(5)} == {"robot"}
    assert graph.control("get", "portrait").stdout.strip() == "robot"


@pytest.mark.usefixtures("unbroken")
def test_the_view_changes_between_frames(graph, head, images, faces):
    graph.set("head", "portrait", "robot")
    for name, value in (("image_width", 96), ("rotation", 90), ("mirror", True), ("framing", "head")):
        assert graph.set("head", name, value).successful
    images.until(lambda all_: all_ and all_[-1].width == 96, "an image of the new size")
    assert graph.set("head", "background", "transparent").successful
    image = images.until(lambda all_: all_[-1].encoding == "bgra8" and all_[-1], "a transparent image")
    assert image.step == 4 * 96
    pixels = np.frombuffer(image.data, np.uint8).reshape(SIZE, 96, 4)
    assert pixels[..., 3].min() == 0
    assert pixels[..., 3].max() == 255
    pngs = graph.listen("image/compressed", CompressedImage, qos.image(True))
    png = pngs.until(lambda all_: all_ and all_[-1], "a PNG")
    assert png.format == "bgra8; png compressed bgra8"
    assert cv2.imdecode(np.frombuffer(png.data, np.uint8), cv2.IMREAD_UNCHANGED).shape == (SIZE, 96, 4)
    graph.forget(pngs)
    for refused, text in (("#12", "not of the form #rrggbb"), ("nowhere.png", "nor a picture file that exists")):
        answer = graph.set("head", "background", refused)
        assert not answer.successful
        assert text in answer.reason


def test_what_the_check_can_not_see_is_taken_back(graph, head, images, tmp_path):
    assert graph.set("head", "background", "black").successful
    images.until(lambda all_: all_ and all_[-1].encoding == "bgr8", "an image on black")
    header = cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))[1].tobytes()[:60]
    broken = tmp_path / "broken.png"
    broken.write_bytes(header)
    assert graph.set("head", "background", str(broken)).successful
    head.until_log("the face stays as it is")
    graph.until(lambda: graph.control("get", "background").stdout.strip() == "black", "the parameter to be as before")
    images.next(3)


@pytest.mark.parametrize(("behind", "shown"), [(0x000000, (0, 0, 0)), (0x204060, (0x60, 0x40, 0x20))])
def test_pictures_of_transparent_messages_lie_on_a_colour(behind, shown):
    pixels = np.full((4, 6, 4), 200, np.uint8)
    pixels[:, :2, 3], pixels[:, 2:4, 3], pixels[:, 4:, 3] = 0, 128, 255
    raw = Image(height=4, width=6, encoding="bgra8", step=24, data=array.array("B", pixels.tobytes()))
    png = CompressedImage(format="bgra8; png compressed bgra8")
    png.data = array.array("B", cv2.imencode(".png", pixels)[1].tobytes())
    for picture in (picture_from_image(raw, behind), picture_from_compressed(png, behind)):
        assert picture.shape == (4, 6, 3)
        assert (picture[:, :2] == shown).all()
        assert np.abs(picture[:, 2:4] - (200 + np.array(shown)) / 2).max() <= 2
        assert (picture[:, 4:] == 200).all()


def test_an_image_is_rendered_once_for_both_topics(graph):
    script = str(Path(__file__).with_name("counting_head.py"))
    topics = ("motion", "status", "image", "image/compressed", "self/audio", "other/audio", "motion_layout")
    remap = {topic: f"counting/{topic}" for topic in topics} | {"__node": "counting"}
    graph.run([sys.executable, script], remap=remap).until_log("active")
    raws = graph.listen("counting/image", Image, qos.image(True))
    pngs = graph.listen("counting/image/compressed", CompressedImage, qos.image(True))
    pngs.until(lambda all_: all_, "both topics to be subscribed to")
    raws.next(20)
    pngs.next(5)
    numbers = {}
    for image in raws:
        numbers[nanoseconds(image.header.stamp)] = image.data[0] + 256 * image.data[1]
    both = 0
    for png in pngs:
        pixel = cv2.imdecode(np.frombuffer(png.data, np.uint8), cv2.IMREAD_UNCHANGED)[0, 0].astype(int)
        number = numbers.get(nanoseconds(png.header.stamp))
        both += number is not None
        assert number in (None, pixel[0] + 256 * pixel[1])
    assert both >= 5
    # An image that was lost on its way leaves a gap in both; a second rendering would leave one in the numbers alone.
    stamps = np.array(sorted(numbers))
    frames = np.round(np.diff(stamps) / 40e6)
    assert (np.diff([numbers[stamp] for stamp in stamps]) <= frames).all()
