"""A running node `say` beside a running head: what is heard, what is told about it, and how it stops."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from dystream_ros.msg import AudioChunk, SpeechEvent
from peer_messages import overlay
from std_msgs.msg import String
from std_srvs.srv import Trigger

from dystream_ros.nodes.common import qos

QUEUED, BEGAN, ENDED, INTERRUPTED = (
    SpeechEvent.QUEUED,
    SpeechEvent.BEGAN,
    SpeechEvent.ENDED,
    SpeechEvent.INTERRUPTED,
)
PEER = str(Path(__file__).parents[2] / "shared" / "peer_tts.py")
LONG = "One two three four five six. " * 8
# A synthesizer that says each sentence as 0.4 s of a tone, without a WAV header.
TONE = """
import array, math, sys
sys.stdin.read()
sys.stdout.buffer.write(array.array("h", (int(9000 * math.sin(k / 5)) for k in range(6400))).tobytes())
"""
# The same, but it fails at a sentence with the word "unsayable".
FAILING = TONE.replace("sys.stdin.read()", 'if "unsayable" in sys.stdin.read(): sys.exit(3)')


class Said:
    """A node `say` and what it publishes."""

    def __init__(self, graph, namespace=""):
        self.graph, prefix = graph, f"{namespace}/" if namespace else ""
        self.events = graph.listen(f"{prefix}say/events", SpeechEvent, qos.events())
        self.saying = graph.listen(f"{prefix}say/saying", String, qos.latched())
        self.heard = graph.listen(f"{prefix}say/heard", String, qos.events())
        self.audio = graph.listen(f"{prefix}self/audio", AudioChunk, qos.whole_audio())
        self.texts = graph.publisher(f"{prefix}say", String)
        self.interrupt = f"{prefix}say/interrupt"

    def say(self, text):
        """Say a text; returns the place of its events in `events`."""
        place = len(self.events)
        self.texts.publish(String(data=text))
        return place

    def until(self, place, event, count=1):
        """The events from a place on, once `count` of them are of this kind."""
        self.events.until(
            lambda all_: sum(each.event == event for each in all_[place:]) >= count, f"{count} events {event}"
        )
        return self.events[place:]


@pytest.fixture(scope="module")
def said(graph, untrained):
    head = graph.start("head", model=str(untrained), images=False)
    say = graph.start("say", overlay=overlay("mgonzs13"))
    said = Said(graph)
    head.until_log("active")
    say.until_log("ready")
    yield said
    assert say.stop() == 0, say.log
    assert "Traceback" not in say.log


@pytest.fixture
def aligned(graph, said):
    aligned = graph.listen("self/audio_aligned", AudioChunk, qos.whole_audio())
    graph.until(lambda: graph.node.count_publishers("self/audio_aligned"), "the aligned audio")
    yield aligned
    graph.forget(aligned)


def sound(chunks, stream_ids):
    return np.concatenate([each.data for each in chunks if each.stream_id in stream_ids])


def test_a_text_is_heard_sentence_by_sentence_and_each_is_told(said, aligned):
    place = said.say("Yes. **No!**\nMy name is Dr. Ada \U0001f600.")
    events = said.until(place, ENDED, 3)
    kinds = [(each.event, each.sentence) for each in events]
    assert kinds == [(QUEUED, 0), (QUEUED, 1), (QUEUED, 2), *((kind, k) for k in range(3) for kind in (BEGAN, ENDED))]
    assert [each.text for each in events[:3]] == ["Yes.", "No!", "My name is Dr. Ada."]
    assert {(each.utterance, each.sentences) for each in events} == {(events[0].utterance, 3)}
    streams = [each.stream_id for each in events[:3]]
    aligned.until(lambda all_: all_[-1:] and all_[-1].end_of_stream and all_[-1].stream_id == streams[2], "the end")
    for stream in streams:
        assert np.array_equal(sound(aligned, {stream}), sound(said.audio, {stream})), "nothing is lost or changed"
    # Speech, not silence: the first sound comes within 50 ms, and its level is that of a voice.
    first = sound(said.audio, streams[:1]) / 32768
    assert np.flatnonzero(np.abs(first) > 0.01)[0] < 0.05 * said.audio[0].sample_rate
    assert 0.02 < np.sqrt(np.mean(first**2)) < 0.3
    said.heard.until(lambda all_: all_, "what was heard")
    assert said.heard[-1].data == "Yes. No! My name is Dr. Ada."
    said.saying.until(lambda all_: all_[-1].data == "", "the end of saying")
    assert [each.data for each in said.saying[-4:]] == ["Yes.", "No!", "My name is Dr. Ada.", ""]


def test_texts_are_queued_and_the_sound_of_at_most_two_seconds_waits(said, aligned):
    place = said.say(LONG)
    said.say("Done.")
    events = said.until(place, BEGAN, 2)
    assert sum(each.event == QUEUED for each in events) == 9
    published = sum(len(each.data) for each in said.audio if each.stream_id in {e.stream_id for e in events}) / 24_000
    assert published < 2 * len("One two three four five six.") / 10 + 2.5, "the rest is not published yet"
    assert said.graph.call(said.interrupt, Trigger, Trigger.Request()).success
    said.until(place, INTERRUPTED, 7)


def test_an_interruption_drops_everything_and_a_new_text_is_said_at_once(said, aligned):
    heard = len(said.heard)
    place = said.say(LONG)
    said.until(place, BEGAN)
    said.audio.next(5)
    answer = said.graph.call(said.interrupt, Trigger, Trigger.Request())
    assert answer.success
    assert answer.message == "8 sentences dropped"
    events = said.until(place, INTERRUPTED, 8)
    assert not [each for each in events if each.event == ENDED]
    said.heard.until(lambda all_: len(all_) > heard, "what was heard")
    assert LONG.startswith(said.heard[-1].data)
    assert len(said.heard[-1].data) < len("One two three four five six.")
    next_place = said.say("Go on.")
    events = said.until(next_place, ENDED)
    stream = events[0].stream_id
    aligned.until(lambda all_: all_[-1].stream_id == stream and all_[-1].end_of_stream, "the new text")
    assert np.array_equal(sound(aligned, {stream}), sound(said.audio, {stream}))
    assert said.graph.call(said.interrupt, Trigger, Trigger.Request()).message == "nothing was being said"


def test_an_interruption_of_the_head_stops_the_texts_too(said):
    place = said.say(LONG)
    said.until(place, BEGAN)
    assert said.graph.call("head/interrupt", Trigger, Trigger.Request()).success
    said.until(place, INTERRUPTED, 8)
    said.until(said.say("Yes."), ENDED)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no letter and no digit"),
        (" \x00\x07\n...", "no letter and no digit"),
        ("word " * 20_000, "100000 characters; accepted are up to 10000"),
        ("Привет, как дела?", "the voice speaks English, and 13 of 13 letters are of another script"),
        ("Yes. " * 300, "up to 200 may wait"),
    ],
)
def test_a_text_that_cannot_be_said_is_answered_in_a_sentence(said, text, reason):
    place = said.say(text)
    [event] = said.until(place, SpeechEvent.REFUSED)
    assert reason in event.message
    assert (event.utterance, event.stream_id) == (0, 0)
    assert len(event.text) < 100


def test_control_characters_and_single_foreign_letters_are_left_out(said):
    place = said.say("Yes\x07 \x1b π no.")
    assert said.until(place, ENDED)[0].text == "Yes no."


def goals(graph, *goals, namespace="/"):
    """A client of the action that sends these goals; its outcomes are the last line of its log."""
    command = [sys.executable, PEER, json.dumps(goals)]
    return graph.run(command, overlay=overlay("mgonzs13"), remap={"__ns": namespace})


def outcomes(client):
    assert client.wait() == 0, client.log
    return json.loads(client.log.splitlines()[-1])


def test_the_action_of_mgonzs13_succeeds_when_heard_and_is_aborted_or_cancelled_otherwise(graph, said):
    place = len(said.events)
    refused, cancelled, heard = outcomes(
        goals(
            graph,
            {"text": "Guten Tag", "language": "de"},
            {"text": LONG, "cancel": True},
            {"text": "Hello.", "volume": 0.5},
        )
    )
    assert (refused["status"], refused["text"]) == (
        GoalStatus.STATUS_ABORTED,
        "the language 'de' is asked for; the voice speaks English",
    )
    assert cancelled["status"] == GoalStatus.STATUS_CANCELED
    assert (heard["status"], heard["text"]) == (GoalStatus.STATUS_SUCCEEDED, "Hello.")
    events = said.until(place, ENDED)
    stream = next(each.stream_id for each in events if each.event == ENDED)
    samples = sound(said.audio, {stream})  # feedback also has what was void when the goal before it was cancelled
    assert np.array_equal(heard["samples"][-samples.size :], samples)
    assert heard["rates"] == [24_000]
    place = len(said.events)
    interrupted = goals(graph, {"text": LONG})
    said.until(place, BEGAN)
    assert said.graph.call(said.interrupt, Trigger, Trigger.Request()).success
    assert outcomes(interrupted)[0]["status"] == GoalStatus.STATUS_ABORTED


def test_without_a_head_a_program_is_the_voice_and_the_end_is_estimated(graph, tmp_path):
    (tmp_path / "tone.py").write_text(TONE)
    program = f"{sys.executable} -S {tmp_path / 'tone.py'}"
    say = graph.start("say", remap={"__ns": "/alone"}, program=program, program_rate=16_000, pause=0.1, ahead=0.3)
    said = Said(graph, "alone")
    say.until_log("ready")
    graph.until(lambda: said.texts.get_subscription_count(), "the node")
    place = said.say("Привет. Как дела?")
    events = said.until(place, ENDED, 2)
    assert [each.text for each in events[:2]] == ["Привет.", "Как дела?"]
    assert {each.sample_rate for each in said.audio} == {16_000}
    # Ten seconds for each sentence: the first one is not over before the interruption, on any machine.
    (tmp_path / "tone.py").write_text(TONE.replace("6400", "160_000"))
    place = said.say(LONG)
    said.until(place, BEGAN)
    assert graph.call(said.interrupt, Trigger, Trigger.Request()).success
    said.until(place, INTERRUPTED, 8)
    said.audio.until(lambda all_: all_[-1].end_of_stream, "the end of the stream that was cut off")
    assert say.stop() == 0, say.log


@pytest.fixture(scope="module")
def failing(graph, tmp_path_factory):
    """A node `say` without a head, whose program fails at some sentences."""
    script = tmp_path_factory.mktemp("voice") / "failing.py"
    script.write_text(FAILING)
    say = graph.start(
        "say",
        remap={"__ns": "/failing"},
        overlay=overlay("mgonzs13"),
        program=f"{sys.executable} -S {script}",
        program_rate=16_000,
        pause=0.0,
    )
    said = Said(graph, "failing")
    say.until_log("ready")
    yield said
    assert say.stop() == 0, say.log
    assert "Traceback" not in say.log


def test_sentences_that_cannot_be_synthesized_are_interrupted_and_nothing_of_them_is_heard(failing):
    heard = len(failing.heard)
    place = failing.say("It is unsayable. This is unsayable.")
    failing.until(place, INTERRUPTED, 2)
    failing.say("Yes.")
    events = failing.until(place, ENDED)
    kinds = [each.event for each in events if each.text != "Yes."]
    assert kinds == [QUEUED, QUEUED, INTERRUPTED, INTERRUPTED]
    failing.heard.until(lambda all_: len(all_) == heard + 2, "what was heard")
    assert [each.data for each in failing.heard[heard:]] == ["", "Yes."]
    streams = {each.stream_id for each in events if each.text == "Yes."}
    failing.audio.until(lambda all_: all_ and all_[-1].end_of_stream and all_[-1].stream_id in streams, "the sound")
    assert not {each.stream_id for each in failing.audio} & {each.stream_id for each in events} - streams


def test_the_sound_before_and_after_a_sentence_that_fails_is_heard_in_its_order(failing):
    heard = len(failing.heard)
    place = failing.say("First. The unsayable. Last.")
    failing.say("Another unsayable.")
    events = failing.until(place, INTERRUPTED, 2)
    kinds = [(each.event, each.text) for each in events if each.event != QUEUED]
    assert kinds == [
        (BEGAN, "First."),
        (ENDED, "First."),
        (INTERRUPTED, "The unsayable."),
        (BEGAN, "Last."),
        (ENDED, "Last."),
        (INTERRUPTED, "Another unsayable."),
    ]
    failing.heard.until(lambda all_: len(all_) == heard + 2, "what was heard")
    assert [each.data for each in failing.heard[heard:]] == ["First. Last.", ""]


def test_the_action_is_aborted_when_a_sentence_cannot_be_synthesized(graph, failing):
    texts = ["It is unsayable.", "The unsayable. Yes.", "Yes. The unsayable.", "Yes."]
    ended = outcomes(goals(graph, *({"text": text} for text in texts), namespace="/failing"))
    aborted, succeeded = GoalStatus.STATUS_ABORTED, GoalStatus.STATUS_SUCCEEDED
    assert [each["status"] for each in ended] == [aborted, aborted, aborted, succeeded]


def test_a_text_that_is_cancelled_takes_no_words_of_the_one_that_is_heard(graph, failing):
    heard = len(failing.heard)
    text = "One. Two. Three. Four. Five. Six. Seven. Eight."
    # The sound of at most two seconds waits, so a part of the first text is over when the sound of the second is there.
    first, second = outcomes(goals(graph, {"text": text}, {"text": LONG, "cancel": True}, namespace="/failing"))
    assert (first["status"], second["status"]) == (GoalStatus.STATUS_SUCCEEDED, GoalStatus.STATUS_CANCELED)
    failing.heard.until(lambda all_: len(all_) == heard + 2, "what was heard")
    assert [each.data for each in failing.heard[heard:]] == ["", text]


def test_a_voice_that_is_missing_ends_the_node_with_a_sentence(graph):
    say = graph.start("say", remap={"__ns": "/missing"}, program='"unclosed')
    assert say.wait() == 2
    assert """no voice: the program '"unclosed' cannot be read""" in say.log
