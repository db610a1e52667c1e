"""A rate scales the probability of an event and nothing else."""

import math
from dataclasses import fields

import numpy as np
import pytest
from sessions import babble

from dystream_ros.engine.session import Session
from dystream_ros.face.dials import EventRates
from dystream_ros.models.compact.config import EVENT_FIELDS
from dystream_ros.models.event_rates import at_rates
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime

FRAMES = 250


def starts(draws, chance):
    return np.array([0.5 * math.erfc(-float(draw) / math.sqrt(2)) < chance for draw in draws])


@pytest.mark.parametrize("rate", [0.0, 0.3, 2.5])
def test_an_event_starts_as_often_as_its_rate_says(rate):
    draws = np.random.default_rng(0).standard_normal(20_000).astype(np.float32)
    scaled = np.concatenate([at_rates(draws[index : index + 1], [rate]) for index in range(len(draws))])
    assert starts(scaled, 0.1).mean() == pytest.approx(0.1 * rate, abs=0.01)
    few, many = (scaled, draws) if rate < 1 else (draws, scaled)
    assert (starts(few, 0.1) <= starts(many, 0.1)).all(), "events of a lower rate are among those of a higher one"


def test_a_rate_of_one_and_the_other_events_are_left_bit_for_bit():
    draws = np.random.default_rng(0).standard_normal(4).astype(np.float32)
    scaled = at_rates(draws, [1.0, 0.5, 1.0, 1.0])
    assert (scaled[[0, 2, 3]] == draws[[0, 2, 3]]).all()
    assert scaled[1] > draws[1]
    assert np.isfinite(at_rates(np.array([-12, 12, -12, 12], np.float32), [0.0, 3.0, 1e-9, 1e-9])).all()


def test_the_names_are_those_of_the_models_events():
    from dystream_ros.models.compact.model import EVENTS

    assert tuple(event.replace(" ", "_") for event in EVENTS) == EVENT_FIELDS
    assert tuple(field.name for field in fields(EventRates)) == EVENT_FIELDS


def test_a_dial_of_the_shipped_model_stops_its_blinks_and_the_first_frames_are_the_same():
    network = load_model("compact", Runtime()).network
    audio = babble(FRAMES)

    def motion(rates):
        session = Session(network, 3)
        session.set_event_rates(rates)
        at, shown = 0, []
        for _ in range(FRAMES):
            end = at + session.samples_needed
            shown.append(session.step(audio[0, at:end], audio[1, at:end]).values)
            at = end
        return np.stack(shown)

    learned, none = motion(EventRates()), motion(EventRates(blink=0.0))
    assert learned[:, 0].max() > 0.7
    assert none[:, 0].max() < 0.4
    first = int(np.argmax(learned[:, 0] > 0.4)) - 4
    assert first > 5
    assert (learned[:first] == none[:first]).all()
