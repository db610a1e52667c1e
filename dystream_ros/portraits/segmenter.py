"""Finds the person in a photo with MediaPipe's selfie segmenter, hair included."""

import logging

import cv2
import numpy as np

from dystream_ros.portraits.carried_model import CarriedModel
from dystream_ros.portraits.landmarks import without_start_log
from dystream_ros.rendering.portrait import Floats, Picture, PortraitError

# The model "selfie_segmentation", Google, Apache-2.0. Later wheels of MediaPipe carry no models.
SEGMENTER = CarriedModel(
    what="selfie segmenter",
    file="selfie_segmentation.tflite",
    sha256="9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    carrier="mediapipe==0.10.14",
    carried="mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
    variable="DYSTREAM_SELFIE_SEGMENTER",
    options=("--only-binary=:all:", "--python-version=3.11", "--platform=manylinux2014_x86_64"),
)

_log = logging.getLogger(__name__)


def segment_person(image: Picture) -> Floats | None:
    """Probability float32 (h, w), 0 to 1, that a pixel of a BGR image (h, w, 3) shows a person.

    None, and a line in the log, if the model is not available: a photo can be cut out without it, less exactly.
    """
    try:
        from mediapipe import Image, ImageFormat
        from mediapipe.tasks.python import BaseOptions
        from mediapipe.tasks.python.vision import ImageSegmenter, ImageSegmenterOptions

        model = SEGMENTER.path()
    except (ImportError, PortraitError) as error:
        _log.warning("the person is cut out by colours alone, as the selfie segmenter is missing: %s", error)
        return None
    options = ImageSegmenterOptions(
        base_options=BaseOptions(model_asset_path=str(model)),
        output_confidence_masks=True,
        output_category_mask=False,
    )
    with without_start_log(), ImageSegmenter.create_from_options(options) as segmenter:
        rgb = np.ascontiguousarray(image[:, :, ::-1])
        masks = segmenter.segment(Image(image_format=ImageFormat.SRGB, data=rgb)).confidence_masks
    found = np.asarray(masks[0].numpy_view(), np.float32).squeeze()
    return np.asarray(cv2.resize(found, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
