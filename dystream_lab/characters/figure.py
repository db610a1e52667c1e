"""The figure of a character: meshes of head and clothes and strands of hair, placed in front of the camera."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from dystream_lab.characters.character import Character, load_people, shape_of
from dystream_lab.characters.colours import cap_colour, clothes_colour, style_of
from dystream_lab.characters.eyelids import almond
from dystream_lab.characters.hair import STEPS, STYLES, Skull, grow, scalp_weight
from dystream_lab.characters.light import smoother
from dystream_lab.characters.raster import at_middles, subdivide
from dystream_lab.characters.wig import STYLES as WIG_STYLES
from dystream_lab.characters.wig import Wig, brows_of, wear
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.portraits.contact import meet
from dystream_ros.portraits.eyes import BALL_RADIUS, IRIS_RADIUS
from dystream_ros.portraits.fit import Fit, round_funnel
from dystream_ros.portraits.head import Head
from dystream_ros.portraits.skin import BLINKS, outside
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.mesh import vertex_normals

# Side of the square in heights of the face, and height of its middle.
FRAMES = {"head": (2.42, 0.47), "bust": (3.30, 0.40)}
EARS, FACE_LOW, BROW = (454, 234), 152, 9  # landmarks of the MediaPipe face mesh
COLLAR_BAND, CAP_BAND = 0.016, 0.028
# Edge of a cap: height above the brows at the forehead (metres), slope down to the back; thickness of the wool, metres.
CAP_RISE, CAP_SLOPE, CAP_THICK = 0.030, 0.34, 0.006
SKULL_PASSES = 60  # smoothing passes that remove the ears from the surface that hair lies on
FOREHEAD = 0.49  # share of the way from the brows to the crown that is bare
EAR_STANDS = 0.0035  # metres by which these passes move an ear at least
# Shares of shapes at rest: lids open a little wider than those of the sampled adults, and a trace of a smile lifts the
# corners of the mouth and the cheeks; without it a face looks sullen.
REST = {"eyeWide": 0.30, "mouthSmile": 0.34, "cheekSquint": 0.12, "browInnerUp": 0.18}
NECK_HELD = 0.04  # metres below the chin down to which hair lies on the neck; below it hangs
SHOULDERS = (0.058, 0.7)  # metres from the middle where the neckline ends, and how steeply
BENEATH = 0.0025  # metres by which the chest lies under the skin of the neck, so that it does not come through
CLOTH = 0.008  # metres between clothes and body
# Edge of the collar: metres below the top of the torso, and slope down to the front.
COLLAR, COLLAR_SLOPE = {"female": 0.020, "male": 0.019}, 0.42


@dataclass(frozen=True)
class Garment:
    """A knitted garment.

    Attributes:
        points, triangles, normals: mesh (n, 3), (t, 3) and (n, 3), metres.
        within: (n,), metres inside of its edge; negative outside, where it is cut off.
        colour: sRGB (3,).
        band: width of the ribbed band along the edge, metres.
    """

    points: np.ndarray
    triangles: np.ndarray
    normals: np.ndarray
    within: np.ndarray
    colour: np.ndarray
    band: float


@dataclass(frozen=True)
class Figure:
    """A character in front of the camera; metres in the axes of the camera.

    Attributes:
        fit: the head facing the lens, for the layers of a portrait. Its `seen` has closed lids, so that the picture
            shows all of their skin.
        eye_centres, eyes: as in `Portrait`.
        landmarks: (468, 3), on the skin.
        skin, skin_triangles, skin_normals: the fine mesh of head and neck.
        uv: (m, 2), texture coordinates of the first vertices of the skin: those of the head.
        garments: a sweater, and a cap where one is worn.
        strands: (n, k, 3), hair of the head; none if bald or under a wig.
        brows: hair of the brows, as a mesh.
        wig: hair of the head as a mesh, or None.
        scalp: (n,), density of hair at each vertex of the skin, 0 to 1.
    """

    fit: Fit
    eye_centres: np.ndarray
    eyes: np.ndarray
    landmarks: np.ndarray
    skin: np.ndarray
    skin_triangles: np.ndarray
    skin_normals: np.ndarray
    uv: np.ndarray
    garments: tuple[Garment, ...]
    strands: np.ndarray
    brows: Wig
    wig: Wig | None
    scalp: np.ndarray


def _sweater(character: Character, torso: np.ndarray, body: np.ndarray) -> Garment:
    """A sweater over the torso (n, 3) with triangles `body`."""
    torso, triangles = subdivide(torso, body)
    normals = vertex_normals(torso, triangles)
    x, y, z = torso.T
    neck = y > y.max() - 0.05
    below = y.max() - COLLAR[character.sex] - COLLAR_SLOPE * (z - z[neck].mean()) - y
    # On the shoulders, which are nearly level, the edge would follow the facets of the mesh.
    below = below + SHOULDERS[1] * np.maximum(np.abs(x) - SHOULDERS[0], 0)
    # The collar lies closer to the body than the rest; otherwise it sticks out at the sides of the neck.
    points = torso + CLOTH * (0.4 + 0.6 * np.clip(below / 0.03, 0, 1))[:, None] * normals
    # The ribbed band runs around the neck, not along the shoulders.
    below = below + np.where(below > 0, 14 * np.maximum(np.abs(x) - 0.055, 0) ** 2, 0)
    return Garment(points, triangles, normals, below, clothes_colour(character), COLLAR_BAND)


def _cap(character: Character, skull: Skull, skin: np.ndarray, triangles: np.ndarray) -> Garment:
    """A knitted cap over the skin (n, 3) of a skull without ears."""
    normals = vertex_normals(skin, triangles)
    forehead = skin[np.abs(skin[:, 1] - skull.brows) < 0.01, 2].max()
    above = skin[:, 1] - skull.brows - CAP_RISE + CAP_SLOPE * (forehead - skin[:, 2])
    near = triangles[(above[triangles] > -0.02).all(axis=1)]
    thick = CAP_THICK * np.clip(1.0 + 0.6 * above / 0.1, 1, 1.8)[:, None]
    return Garment(skin + thick * normals, near, normals, above, cap_colour(character), CAP_BAND)


def make_figure(character: Character, head: Head, size: int) -> Figure:
    """The figure of a character in a square image of `size` pixels."""
    vertices, torso = shape_of(character)
    for name, share in REST.items():
        for full in (name,) if name in ARKIT_INDEX else (f"{name}Left", f"{name}Right"):
            vertices = vertices + share * head.shapes[ARKIT_INDEX[full]]
    vertices = vertices + almond(head, vertices)
    landmarks = np.einsum("lkd,lk->ld", vertices[head.landmark_vertices], head.landmark_weights)
    fit, centres, eyes = _fitted(character, head, vertices, landmarks, size)
    landmarks = np.einsum("lkd,lk->ld", fit.seen[head.landmark_vertices], head.landmark_weights)
    triangles = head.triangles_of("skin")
    triangles = triangles[np.isin(triangles, list(outside(head))).all(axis=1)]
    uv = np.concatenate([head.uv, at_middles(head.uv, triangles)])
    skin, skin_triangles = subdivide(fit.seen.astype(np.float64), triangles)
    body = load_people()["torso_triangles"] - len(vertices)
    # The skin continues under the clothes as far as a low collar shows.
    chest = body[(torso[body, 1] < skin[skin_triangles, 1].min() + 0.045).all(axis=1)]
    bare, bare_triangles = subdivide(torso - BENEATH * vertex_normals(torso, body), chest)
    skin, skin_triangles = np.concatenate([skin, bare]), np.concatenate([skin_triangles, bare_triangles + len(skin)])
    normals = vertex_normals(skin, skin_triangles)
    garments = [_sweater(character, torso, body)]
    strands, scalp, wig = np.zeros((0, STEPS, 3)), np.zeros(len(skin)), None
    if style_of(character) in WIG_STYLES:
        wig = wear(WIG_STYLES[style_of(character)], fit.seen)
    elif style_of(character) != "bald":
        strands, scalp, skull, smoothed = _hair(character, skin, normals, skin_triangles, landmarks)
        if style_of(character) == "cap":
            cap = _cap(character, skull, smoothed, skin_triangles)
            garments.append(cap)
            # The cap hides the hair under it.
            strands = strands[cap.within[cKDTree(skin).query(strands[:, 0])[1]] < 0]
    return Figure(
        fit=fit, eye_centres=centres, eyes=eyes, landmarks=landmarks, skin=skin, skin_triangles=skin_triangles,
        skin_normals=normals, uv=uv, garments=tuple(garments), strands=strands,
        brows=wear(brows_of(character), fit.seen), wig=wig, scalp=scalp,
    )  # fmt: skip


def _fitted(
    character: Character, head: Head, vertices: np.ndarray, landmarks: np.ndarray, size: int
) -> tuple[Fit, np.ndarray, np.ndarray]:
    """The head in front of the camera with shut eyes, and `Portrait.eye_centres` and `Portrait.eyes`."""
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    share, middle = FRAMES[character.framing]
    scale = size / (share * (high[1] - low[1]))
    centre = (low + high) / 2
    camera = Camera(scale=scale, x=size / 2, y=middle * size + scale * centre[1])
    shapes = head.shapes.astype(np.float32)
    shapes[ARKIT_INDEX["mouthFunnel"]] = round_funnel(head, vertices, shapes[ARKIT_INDEX["mouthFunnel"]])
    fit = Fit(
        camera=camera, rotation=np.eye(3), neutral=vertices.astype(np.float32), seen=vertices.astype(np.float32),
        shapes=shapes, expression=np.zeros(52, np.float32), residual=0.0,
    )  # fmt: skip
    places, radii = [], []
    for loop in (head.left_eyelids, head.right_eyelids):
        lids = vertices[loop]
        across = np.ptp(lids[:, 0]) / 0.030
        ball, iris = BALL_RADIUS * across**0.5, IRIS_RADIUS * across**0.5
        depth = np.percentile(lids[:, 2], 70) + 0.0002
        x = (lids[:, 0].min() + lids[:, 0].max()) / 2
        places.append([x, lids[:, 1].mean() + 0.0006, depth - ball])
        radii.append([ball, iris, 0.0, 0.0])
    centres, sizes = np.array(places, np.float32), np.array(radii, np.float32)
    met = meet(head, fit, np.hstack([centres, sizes[:, :1]]))
    shut = np.zeros(52, np.float32)
    shut[list(BLINKS)] = 1.0
    return replace(met, seen=met.neutral + np.tensordot(shut, met.shapes, 1), expression=shut), centres, sizes


def _hair(
    character: Character, figure_skin: np.ndarray, normals: np.ndarray, triangles: np.ndarray, landmarks: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Skull, np.ndarray]:
    """Strands (n, k, 3), density of hair at each vertex of the skin (m,), the skull, and the skin without ears."""
    style = STYLES[style_of(character)]
    ear = landmarks[list(EARS)].mean(axis=0) * [0, 1, 1] + np.abs(landmarks[list(EARS)]).mean(axis=0) * [1, 0, 0]
    crown = float(figure_skin[:, 1].max())
    # The hairline of a man lies higher.
    hairline = style.hairline + (0.006 if character.sex == "male" else 0.0)

    def scalp(points: np.ndarray, shift: np.ndarray | float = 0.0) -> np.ndarray:
        return scalp_weight(points, landmarks[BROW][1], ear, crown, hairline + shift)

    random = np.random.default_rng(character.seed + 20)
    corners = figure_skin[triangles]
    area = 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    # More strands where hair faces the lens; otherwise hair above the forehead and at the crown looks thin.
    weight = (
        area * scalp(corners.mean(axis=1)) * (0.5 + 1.5 * np.clip(normals[triangles].mean(axis=1)[:, 2] + 0.2, 0, 1))
    )
    chosen = random.choice(len(triangles), style.strands, p=weight / weight.sum())
    share = random.dirichlet((1, 1, 1), len(chosen))
    roots = np.einsum("nkd,nk->nd", corners[chosen], share)
    outward = np.einsum("nkd,nk->nd", normals[triangles[chosen]], share)
    # Smoothed until the ears are gone, since hair covers them.
    smooth, skull = smoother(triangles, len(figure_skin)), figure_skin
    for _ in range(SKULL_PASSES):
        skull = smooth @ skull
    apart = np.linalg.norm(figure_skin * [0, 1, 1] - ear * [0, 1, 1], axis=1)
    beside = (apart < 0.060) & (np.abs(figure_skin[:, 0]) > 0.8 * ear[0])
    # No hair on the ears: these are the parts that the smoothing moves far.
    moved = (np.linalg.norm(skull - figure_skin, axis=1) * beside)[triangles[chosen]].max(axis=1)
    kept = (scalp(roots, 0.004 * random.normal(0, 1, len(roots))) > 0.5) & (moved < EAR_STANDS)
    near = np.clip((0.060 - apart) / 0.025, 0, 1)[:, None] * (np.abs(figure_skin[:, :1]) > 0.6 * ear[0])
    skull = figure_skin + near * (skull - figure_skin)
    kept_surface = skull[:, 1] > landmarks[FACE_LOW][1] - NECK_HELD
    surface = Skull(
        surface=skull[kept_surface], normals=vertex_normals(skull, triangles)[kept_surface],
        ear=ear, brows=float(landmarks[BROW][1]), chin=float(landmarks[FACE_LOW][1]), crown=crown,
        half_width=float(ear[0]),
    )  # fmt: skip
    strands = grow(roots[kept], outward[kept], style, surface, random)
    # No hair in front of the throat.
    throat = (
        (strands[..., 2] > ear[2] - 0.01) & (np.abs(strands[..., 0]) < 0.6 * ear[0]) & (strands[..., 1] < surface.chin)
    )
    # No strand of long hair over the forehead.
    forehead = landmarks[BROW][1] + FOREHEAD * (crown - landmarks[BROW][1])
    astray = (style.length > 0.05) & (strands[..., 1] < forehead) & (np.abs(strands[..., 0]) < 0.6 * ear[0])
    astray &= strands[..., 2] > ear[2] + 0.04
    return strands[~(throat | astray).any(axis=1)], scalp(figure_skin), surface, skull
