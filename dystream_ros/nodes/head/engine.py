"""Loads the model that a head runs and warms it up."""

import gc
from dataclasses import dataclass
from typing import Any

import numpy as np

from dystream_ros.nodes.parameters import HeadSettings

# Steps before the first real one: the first of them allocate, and would miss their time.
_WARM_UP_STEPS = 10


@dataclass(frozen=True)
class Engine:
    """A session and what its layout message says of it.

    Attributes:
        session: of the interface of `dystream_ros.engine.session.Session`, fresh.
        model: name or path of the model.
        weights_sha256: 64 hexadecimal digits.
    """

    session: Any
    model: str
    weights_sha256: str


def open_engine(settings: HeadSettings) -> Engine:
    """Load, warm up and start anew; call it in the thread that will step the session.

    Raises:
        ModelError: no such model, or its weights are damaged.
    """
    # Here and not above: only the process that runs a model pays for torch, and only once it needs it.
    import torch

    from dystream_ros.engine.session import Session
    from dystream_ros.models.registry import load_model

    torch.set_num_threads(settings.torch_threads)
    loaded = load_model(settings.model, live=True)
    session = Session(loaded.network, settings.seed)
    for _ in range(_WARM_UP_STEPS):
        silence = np.zeros(session.samples_needed, np.float32)
        session.step(silence, silence)
    session.reset(settings.seed)
    # What was loaded stays: spare the collector from walking through all of it in the middle of a frame.
    gc.collect()
    gc.freeze()
    return Engine(session, loaded.name, loaded.weights_sha256)
