"""Every shipped face: lips seal, lids close, and nothing shows through the face however it turns."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from motions import STILL, motion

from dystream_lab.characters.cast import CAST
from dystream_ros.portraits.gallery import coefficients
from dystream_ros.rendering.animation import Animation
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.portrait import load_portrait

FACES = ("astronaut", *CAST)
TURNS = [(0, 0, 20), (0, 0, -20), (0, 15, 0), (0, -15, 0), (0, 10, 15)]  # roll, pitch, yaw in degrees
SIZE = 256
SOCKETS = 0.02  # metres above the mouth


@pytest.fixture(scope="module", params=FACES)
def face(request):
    return load_portrait(request.param)


def opening(portrait, loop, named):
    """Heights (n,) in metres between the upper and the lower edge of a loop of vertices, where positive is open."""
    points = Animation(portrait).pose(coefficients(named), STILL)[loop] @ portrait.rotation
    # The corners are the two ends across; there are more vertices below than above.
    across = (portrait.vertices[loop] @ portrait.rotation)[:, 0]
    far = int(np.abs(across - across[0]).argmax())
    upper, lower = points[: far + 1], np.concatenate([points[far:], points[:1]])
    order = np.argsort(lower[:, 0])
    return upper[:, 1] - np.interp(upper[:, 0], lower[order, 0], lower[order, 1])


@pytest.mark.parametrize("jaw", [0.0, 0.3, 0.7, 1.0])
def test_lips_are_sealed_however_far_the_jaw_is_open(face, jaw):
    assert opening(face, face.lips, {"jawOpen": jaw, "mouthClose": jaw}).max() < 0.0005


def test_an_open_jaw_parts_the_lips(face):
    assert opening(face, face.lips, {"jawOpen": 0.5}).max() > 0.006


@pytest.mark.parametrize("eye", [0, 1])
def test_lids_close_and_open(face, eye):
    assert opening(face, face.lids[eye], {}).max() > 0.005
    assert opening(face, face.lids[eye], {"eyeBlink": 1.0}).max() < 0.0003


@pytest.fixture(scope="module")
def cut_out(face):
    """A renderer of the face before nothing."""
    with open_renderer(face, SIZE, SIZE, background="transparent") as renderer:
        yield renderer


def test_a_shut_eye_stays_shut_whatever_else_the_face_does(cut_out):
    shut = cut_out.render(motion(coefficients({"eyeBlink": 1.0}))).astype(int)
    busy = cut_out.render(motion(coefficients({"eyeBlink": 1.0, "eyeLookDown": 1.0, "eyeWide": 1.0})))
    assert np.abs(busy - shut).max() < 16


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("named", [{}, {"jawOpen": 0.6, "eyeWide": 1.0}])
def test_nothing_shows_through_a_turned_face(face, cut_out, turn, named):
    pose = np.r_[np.radians(turn), 0, 0, 0].astype(np.float32)
    cover = cut_out.render(motion(coefficients(named), pose))[..., 3]
    # Soft edges of lips and lids let a little through.
    assert cover[inside_of_face(face, named, pose)].min() > 220


def test_nothing_of_the_mouth_pokes_through_a_shut_face(face):
    shut = coefficients({"eyeBlink": 1.0, "eyeSquint": 1.0, "cheekSquint": 1.0})
    look = face.look.copy()
    look[np.unique(face.triangles_inside), :3] = (0, 1, 0)
    with open_renderer(face, SIZE, SIZE) as plain, open_renderer(replace(face, look=look), SIZE, SIZE) as green:
        for turn in [(0, 0, 0), *TURNS]:
            pose = np.r_[np.radians(turn), 0, 0, 0].astype(np.float32)
            changed = np.abs(green.render(motion(shut, pose)).astype(int) - plain.render(motion(shut, pose))).max(
                axis=2
            )
            assert (changed > 24).sum() < 8


@pytest.mark.parametrize("named", [{"mouthSmile": 1.0, "cheekSquint": 1.0, "eyeSquint": 1.0}, {"eyeBlink": 1.0}])
def test_no_eye_shows_through_its_lids(face, named):
    far = replace(face, eye_centres=face.eye_centres - 0.02 * face.rotation[:, 2])
    images = []
    for portrait in (face, far):
        with open_renderer(portrait, SIZE, SIZE) as renderer:
            images.append(renderer.render(motion(coefficients(named))).astype(int))
    changed = np.abs(images[1] - images[0]).max(axis=2) > 40
    open_to = np.zeros((SIZE, SIZE), np.uint8)
    pixels = Camera(*face.camera.tolist()).project(Animation(face).pose(coefficients(named), STILL)) * SIZE
    for lids in face.lids:
        cv2.fillPoly(open_to, [np.round(pixels[lids] / len(face.image)).astype(np.int32)], 1)
    assert not (changed & (cv2.dilate(open_to, np.ones((3, 3))) == 0)).any()


def shown_between(portrait, change, named, turn=(0, 0, 0)):
    """Mask (h, w) of the pixels that another colour of the parts of `change(portrait, colour)` changes."""
    pose = np.r_[np.radians(turn), 0, 0, 0].astype(np.float32)
    pictures = []
    for colour in ((0.0, 1.0, 0.0), (1.0, 0.0, 1.0)):
        with open_renderer(change(portrait, colour), 2 * SIZE, 2 * SIZE) as renderer:
            pictures.append(renderer.render(motion(coefficients(named), pose)).astype(int))
    return np.abs(pictures[0] - pictures[1]).max(axis=2) > 3


def with_mouth(portrait, colour):
    look, colours, inside = portrait.look.copy(), portrait.colours.copy(), np.unique(portrait.triangles_inside)
    look[inside[portrait.vertices[inside, 1] < portrait.mouth[1] + SOCKETS], :3] = colours[2] = colour
    return replace(portrait, look=look, colours=colours)


def with_sockets(portrait, colour):
    look, inside = portrait.look.copy(), np.unique(portrait.triangles_inside)
    look[inside[portrait.vertices[inside, 1] > portrait.mouth[1] + SOCKETS], :3] = colour
    return replace(portrait, look=look)


def test_round_lips_open_a_round_mouth(face):
    mask = shown_between(face, with_mouth, {"mouthFunnel": 1.0})
    camera = Camera(*face.camera.tolist())
    eyes = camera.project(face.eye_centres).mean(axis=0)[1] / len(face.image)
    lips = camera.project(face.mouth[None])[0, 1] / len(face.image)
    mask[: round(2 * SIZE * (0.4 * eyes + 0.6 * lips))] = False  # the corners of the eyes have the colour of flesh
    rows, columns = np.nonzero(mask)
    width, height = np.ptp(columns) + 1, np.ptp(rows) + 1
    # 1 for an ellipse, 0.64 for a diamond.
    assert 0.88 < mask.sum() / (np.pi / 4 * width * height) < 1.1
    assert 0.58 < height / width < 1.3


@pytest.mark.parametrize("name", ["lumi", "dot"])
@pytest.mark.parametrize("turn", [(0, 0, 20), (0, 0, -20), (0, -15, 0), (0, 15, 0)])
def test_large_eyes_of_a_turned_head_show_no_wedge_beside_the_ball(name, turn):
    portrait = load_portrait(name)
    eyes = shown_between(portrait, with_whites, {}, turn).sum()
    assert shown_between(portrait, with_sockets, {}, turn).sum() < 0.05 * eyes


def with_whites(portrait, colour):
    colours = portrait.colours.copy()
    colours[1] = colour
    return replace(portrait, colours=colours)


@pytest.mark.parametrize("name", ["lumi", "dot", "robot"])
def test_lashes_of_a_flat_face_stay_beside_their_lids_as_it_turns(name):
    portrait = load_portrait(name)
    rows = np.unique(portrait.triangles_lashes)
    rows = rows[portrait.opacity[rows] > 0]
    apart = []
    for yaw in (0.0, 0.35, -0.35):
        pixels = Camera(*portrait.camera.tolist()).project(
            Animation(portrait).pose(coefficients({}), np.array([0, 0, yaw, 0, 0, 0], np.float32))
        )
        lids = pixels[portrait.lids.ravel()]
        distance = np.linalg.norm(pixels[rows][:, None] - lids[None], axis=2)
        apart.append(distance.min(axis=1) / portrait.camera[0])
    assert max(apart[1].max(), apart[2].max()) < apart[0].max() + 0.0008


@pytest.mark.parametrize("name", ["astronaut", "ada", "lumi"])
def test_a_grin_shows_bright_teeth(name):
    portrait = load_portrait(name)
    with open_renderer(portrait, 2 * SIZE, 2 * SIZE) as renderer:
        picture = renderer.render(motion(coefficients({"mouthSmile": 0.9}))).mean(axis=2)
    mask = shown_between(portrait, with_teeth, {"mouthSmile": 0.9})
    assert mask.sum() > 150
    assert np.percentile(picture[mask], 75) > 255 * 0.55 * portrait.colours[2].mean()


def with_teeth(portrait, colour):
    colours = portrait.colours.copy()
    colours[2] = colour
    return replace(portrait, colours=colours)


def test_without_opengl_a_character_is_awake_and_blinks():
    portrait = load_portrait("mei")
    with open_renderer(portrait, SIZE, SIZE, "fallback") as renderer:
        awake, shut = (renderer.render(motion(coefficients(named))).astype(int) for named in ({}, {"eyeBlink": 1.0}))
    places = Camera(*portrait.camera.tolist()).project(portrait.eye_centres) * SIZE / len(portrait.image)
    for x, y in places.round().astype(int):
        assert np.ptp(awake[y, x - 6 : x + 7].sum(axis=1)) > 200
        assert np.ptp(shut[y - 1, x - 3 : x + 4].sum(axis=1)) < 120


def inside_of_face(portrait, named, pose):
    """Mask (SIZE, SIZE) of what lies well within the outline of the opaque skin."""
    vertices = Animation(portrait).pose(coefficients(named), pose)
    pixels = Camera(*portrait.camera.tolist()).project(vertices) * SIZE / len(portrait.image)
    skin = portrait.triangles_skin[(portrait.opacity[portrait.triangles_skin] > 0.9).all(axis=1)]
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for triangle in skin:
        cv2.fillConvexPoly(mask, np.round(pixels[triangle]).astype(np.int32), 1)
    outline, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    mask = cv2.drawContours(mask, outline, -1, 1, cv2.FILLED)
    return cv2.erode(mask, np.ones((7, 7), np.uint8)) > 0
