"""Overlays: the person without what is behind."""

import numpy as np
import pytest

from dystream_ros.rendering import RenderingUnavailable, load_portrait, open_renderer
from dystream_ros.rendering.overlay import OverlayRenderer

REST, POSE = np.zeros(52, np.float32), np.array([0, 0, 0.2, 0, 0, 0], np.float32)


@pytest.mark.parametrize("backend", ["opengl", "fallback"])
def test_an_overlay_laid_on_the_background_is_the_image(backend):
    portrait = load_portrait("robot")
    try:
        with (
            OverlayRenderer(portrait, 160, 160, backend) as overlay,
            open_renderer(portrait, 160, 160, backend) as plain,
        ):
            image, expected = overlay.render(REST, POSE), plain.render(REST, POSE)
            behind = portrait.background.mean(axis=(0, 1))
    except RenderingUnavailable as error:
        pytest.skip(str(error))
    assert image[:8, :8, 3].max() == 0
    assert image[75:85, 75:85, 3].min() == 255
    share = image[..., 3:] / 255
    laid = share * image[..., :3] + (1 - share) * behind
    opaque = image[..., 3] > 250
    assert np.abs(laid - expected)[opaque].max() <= 6
