"""The published DyStream networks: stage 2 (audio to motion) and stage 1 (motion to picture), run live.

`load(path)` gives the model of a model file or of a folder that `dystream convert` wrote; `engine.session.Session`
steps it; `load_renderer(path)` draws its motions.
"""

from dystream_ros.models.released.files.loading import has_names, has_portrait, load, load_renderer, weights_sha256
from dystream_ros.models.released.streaming.session import ReleasedSessionBatch

__all__ = ["ReleasedSessionBatch", "has_names", "has_portrait", "load", "load_renderer", "weights_sha256"]
