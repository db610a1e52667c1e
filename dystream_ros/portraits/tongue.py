"""The tongue of a portrait: an arched sheet with a round tip, behind the teeth or out over the lip."""

import numpy as np
from scipy.interpolate import CubicSpline

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.portraits.fit import Fit
from dystream_ros.portraits.head import Head
from dystream_ros.portraits.mouth import rigid
from dystream_ros.rendering.mesh import grid_triangles
from dystream_ros.rendering.portrait import Floats, Indices

ACROSS, ALONG, TIP = 11, 9, 6  # vertices across, along the body, and along the round tip
USUAL_MOUTH = 0.043  # width of the mouth, in metres, for which the other lengths are given
# Height and depth of the middle line from root to tip, metres from the middle of the lips; the depth of HANGING is
# relative to the front of the lips. The shader offsets the tongue in depth like the teeth, so the tongue lies a little
# farther out.
REST_LINE = ((-0.014, -0.058), (-0.002, -0.042), (0.0025, -0.026), (0.0005, -0.014), (-0.0025, -0.0080))
OUT_LINE = ((-0.006, -0.050), (0.0015, -0.025), (0.0025, -0.004))
HANGING = ((0.0010, 0.0040), (-0.0045, 0.0095), (-0.0130, 0.0105), (-0.0200, 0.0085))
# Half of its width at the root, at the lips and before the tip, metres.
REST_WIDTH, OUT_WIDTH = (0.0190, 0.0185, 0.0165), (0.0175, 0.0170, 0.0120)
ARCH, TIP_LENGTH, TIP_FALL = 0.0040, 0.0115, 0.0030  # metres; ARCH is how much lower its edges lie than its middle
TINT = (0.77, 0.43, 0.42)


def tongue(head: Head, fit: Fit) -> tuple[Floats, Floats, Indices, Floats]:
    """Vertices (n, 3), shapes (52, n, 3), triangles (t, 3) and texture (n, 2).

    Texture coordinates go from -1 to 1 across, and from 1 at the root to 2 at the tip.
    """
    inner = fit.neutral[head.lips_inner] @ fit.rotation
    lips, scale = inner.mean(axis=0), np.ptp(inner[:, 0]) / USUAL_MOUTH
    front = max(inner[:, 2].max(), (fit.neutral[head.lips_outer] @ fit.rotation)[:, 2].max()) - lips[2]
    hanging = [(y * scale, front + z) for y, z in HANGING]
    rest, texture = _sheet(np.array(REST_LINE) * scale, np.array(REST_WIDTH) * scale, scale)
    out, _ = _sheet(np.array([*(np.array(OUT_LINE) * scale), *hanging]), np.array(OUT_WIDTH) * scale, scale)
    rest, out = rest + lips, out + lips
    generic = np.unique(head.triangles_of("tongue"))
    # Other shapes move it by the affine motion of the generic tongue.
    shapes = rigid(fit.neutral[generic] @ fit.rotation, fit.shapes[:, generic] @ fit.rotation, rest)
    shapes[ARKIT_INDEX["tongueOut"]] = out - rest
    triangles = grid_triangles(ALONG + TIP - 1, ACROSS)
    return rest @ fit.rotation.T, shapes @ fit.rotation.T, triangles, texture


def _sheet(line: Floats, widths: Floats, scale: float) -> tuple[Floats, Floats]:
    """Vertices (n, 3) along a line of heights and depths (k, 2), and their texture coordinates (n, 2)."""
    steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    curve, length, tip = CubicSpline(steps, line), steps[-1], TIP_LENGTH * scale
    end = np.sin(np.linspace(0, 0.5 * np.pi, TIP))
    at = np.concatenate([np.linspace(0, length - tip, ALONG), length - tip + tip * end[1:]])
    round_tip = np.concatenate([np.zeros(ALONG), end[1:]])
    tangent = curve(at, 1)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    outwards = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)  # upwards where the tongue points forward
    width = np.interp(at / length, [0, 0.55, 1], widths) * np.sqrt(np.maximum(1 - round_tip**2, 0))
    across = np.linspace(-1, 1, ACROSS)
    fall = ARCH * scale * np.outer(width / widths.max(), across**2) + TIP_FALL * scale * round_tip[:, None] ** 3
    points = np.empty((len(at), ACROSS, 3))
    points[..., 0] = width[:, None] * across
    points[..., 1:] = (curve(at)[:, None] - fall[..., None] * outwards[:, None])[..., :]
    texture = np.stack(np.broadcast_arrays(across, 1 + (at / length)[:, None]), axis=-1)
    return points.reshape(-1, 3), texture.reshape(-1, 2)
