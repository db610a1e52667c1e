"""Where a person is who is seen in a camera's picture."""

import math

Point = tuple[float, float, float]

# Breadth of the head, and of the shoulders, of adults (Gordon et al., ANSUR II, 2014), m.
HEAD, SHOULDERS = 0.16, 0.45
_NEAREST, _FARTHEST = 0.3, 8.0  # m


def point_of_region(
    left: float, top: float, right: float, bottom: float, field_of_view: float, aspect: float, breadth: float = HEAD
) -> Point:
    """The point in m of a region's upper middle, x out of the camera, y to its left, z up.

    Distance is that of something of the given breadth; it sets the convergence of the eyes, and directions are right
    without it.

    Args:
        left, top, right, bottom: of the region, in shares of the picture, 0 to 1 from its upper left corner.
        field_of_view: of the picture's width, rad.
        aspect: width of the picture over its height.
        breadth: of what the region shows, m: a head or shoulders. The eyes are half a head under the top.

    Raises:
        ValueError: the region has no area, or is not finite.
    """
    region = (left, top, right, bottom)
    if not all(math.isfinite(each) for each in region) or right <= left or bottom <= top:
        raise ValueError(
            f"the region is {region}; accepted are left < right and top < bottom, in shares of the picture"
        )
    half = math.tan(0.5 * field_of_view)  # of the picture, at a distance of 1
    distance = min(max(breadth / (2.0 * half * (right - left)), _NEAREST), _FARTHEST)
    eyes = min(0.5 * (top + bottom), top + 0.5 * HEAD * aspect / (2.0 * half * distance))
    across = half * (1.0 - (left + right))
    up = half / aspect * (1.0 - 2.0 * eyes)
    return distance, distance * across, distance * up


def beside(point: Point, angle: float) -> Point:
    """A point at the same distance, turned by an angle in rad to the side and half of it down.

    The vertical axis is y where z points to the person, as in the optical frame of a camera, and z otherwise.
    """
    x, y, z = point
    size = math.sqrt(x * x + y * y + z * z)
    down = 0.5 * abs(angle) * size
    cos, sin = math.cos(angle), math.sin(angle)
    if abs(z) > max(abs(x), abs(y)):
        return cos * x - sin * z, y + down, sin * x + cos * z
    return cos * x - sin * y, sin * x + cos * y, z - down
