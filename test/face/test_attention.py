"""Gaze is shared among people as they speak."""

import pytest

from dystream_ros.face.attention import Attention, AttentionConfig, nearest

PEOPLE = {"ann": (1.0, 0.5, 0.0), "bob": (1.0, 0.0, 0.0), "cat": (1.0, -0.5, 0.0)}


def shares(config, seconds=600.0, **looking):
    attention, counts = Attention(config), dict.fromkeys(PEOPLE, 0)
    for step in range(round(seconds * 10)):
        attention.see(PEOPLE, step / 10)
        attention.look(step / 10, **looking)
        counts[attention.chosen] += 1
    return {person: count / (seconds * 10) for person, count in counts.items()}


def test_the_one_who_speaks_gets_most_of_the_gaze_and_more_with_a_larger_share():
    of_bob = [shares(AttentionConfig(share), speaker="bob")["bob"] for share in (0.2, 0.5, 0.85, 1.0)]
    assert of_bob == sorted(of_bob)
    assert of_bob[2] > 0.85
    assert of_bob[3] == pytest.approx(1.0)


def test_a_speaker_shares_the_own_gaze_among_all():
    assert min(shares(AttentionConfig(), speaker="bob", self_speaking=True).values()) > 0.25


def test_a_new_speaker_is_looked_at_at_once_and_who_leaves_is_let_go():
    attention = Attention(AttentionConfig(patience=1.0))
    attention.see(PEOPLE, 0.0)
    attention.look(0.0, "ann")
    assert attention.look(0.1, "cat") == PEOPLE["cat"]
    attention.see({"bob": PEOPLE["bob"]}, 1.05)
    assert attention.look(1.2) == PEOPLE["bob"]
    assert attention.look(9.0) is None


def test_a_voice_belongs_to_the_person_in_its_direction():
    assert nearest(PEOPLE, (4.0, -1.9, 0.2), 0.4) == "cat"
    assert nearest(PEOPLE, (-1.0, 0.0, 0.0), 0.4) == ""


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("speaking", [False, True])
def test_people_get_the_share_of_the_time_that_was_asked_for(share, speaking):
    config = AttentionConfig(gaze_speaking=share if speaking else 1.0, gaze_listening=1.0 if speaking else share)
    attention, at_people = Attention(config), 0
    for step in range(30_000):
        attention.see(PEOPLE, step / 10)
        point = attention.look(step / 10, self_speaking=speaking)
        at_people += not attention.away
        assert attention.away == (point != PEOPLE[attention.chosen])
    assert at_people / 30_000 == pytest.approx(share, abs=0.04)
