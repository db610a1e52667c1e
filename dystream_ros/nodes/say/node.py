"""Says texts: synthesizes them sentence by sentence, publishes the sound, and tells what is heard."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable

from std_msgs.msg import String
from std_srvs.srv import Trigger

from dystream_ros.audio.block import AudioBlock
from dystream_ros.msg import AudioChunk, SpeechEvent, UtteranceEvent
from dystream_ros.nodes.audio_input.audio_chunk import audio_chunk
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import read
from dystream_ros.nodes.common.diagnostics import OK, WARN, Diagnostics, Health
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.common.suspension import LEASE
from dystream_ros.nodes.common.worker_node import WorkerNode
from dystream_ros.nodes.parameters import SaySettings
from dystream_ros.nodes.say.speech_line import PATIENCE, Event, LineFull, Sentence, SpeechLine, words_heard
from dystream_ros.nodes.say.text import Spoken, TextRefused, beginning, spoken
from dystream_ros.nodes.say.tts_action import TtsAction
from dystream_ros.nodes.say.voice import Voice, VoiceUnavailable
from dystream_ros.nodes.say.voices import open_voice, sentence_sound

CHUNK = 0.04  # s of sound per message: a frame of the head
_TICK = 0.02  # s between looks at the estimated times
_IDLE = 0.2  # s, the same when nothing is being said

_EVENTS = {
    Event.QUEUED: SpeechEvent.QUEUED,
    Event.BEGAN: SpeechEvent.BEGAN,
    Event.ENDED: SpeechEvent.ENDED,
    Event.INTERRUPTED: SpeechEvent.INTERRUPTED,
}


class SayNode(WorkerNode[SaySettings]):
    """Text to speech on self/audio; see docs/nodes.md."""

    forgotten_after = LEASE

    def __init__(self) -> None:
        super().__init__("say", SaySettings)
        # Guards the line and everything that follows from it, so that events are published in their order.
        self._changed = threading.Condition()
        self._line = SpeechLine(self.settings.queue, self._happened)
        self._saying = ""
        self._language = self._script = ""
        if not self.settings.program:
            self._language, self._script = "English", "LATIN"
        self._audio = self.create_publisher(AudioChunk, "self/audio", qos.whole_audio())
        self._events = self.create_publisher(SpeechEvent, "say/events", qos.events())
        self._shown = self.create_publisher(String, "say/saying", qos.latched())
        self._heard = self.create_publisher(String, "say/heard", qos.events())
        # By the number of a text, until it is over: what was heard of it, and the texts that were not heard whole.
        self._heard_text: defaultdict[int, list[str]] = defaultdict(list)
        self._not_whole: set[int] = set()
        self._shown.publish(String())
        self.refused = ""
        self._tts = TtsAction(self, self)
        self.create_subscription(String, "say", self._on_say, qos.events())
        self.create_subscription(UtteranceEvent, "self/utterance", self._on_utterance, qos.events())
        self.create_service(Trigger, "~/interrupt", self._on_interrupt)
        self._head = self.settings.interrupt_service
        self._interruption = self.create_client(Trigger, self._head) if self._head else None
        self.add_post_set_parameters_callback(lambda _: self._read_settings())
        self._ready = False
        self._diagnostics = Diagnostics(self, self._health, self.reports)

    def work(self) -> None:
        """Say what is queued; ends with status 2 when there is no voice."""
        try:
            voice = open_voice(self.settings)
        except VoiceUnavailable as missing:
            self.exit_status = 2
            self.get_logger().error(f"no voice: {missing}")
            return
        speaker = self.settings.program or f"the voice {self.settings.voice}"
        self.get_logger().info(
            f"ready to say texts from {self.resolve_topic_name('say')} on {self._audio.topic_name} with {speaker}, "
            f"{voice.sample_rate} Hz"
        )
        self._ready = True
        while not self.stopping.is_set():
            with self._changed:
                self._line.heard(time.monotonic(), patience=self._patience())
                if (sentence := self._line.waiting()) is None:
                    self._changed.wait(_IDLE if self._line.idle else _TICK)
                    continue
            self._speak(voice, sentence)

    def stop(self) -> None:
        """Drop what waits, so that nobody waits for it, and end the thread."""
        self.interrupt()
        super().stop()

    def say(
        self,
        text: str,
        language: str = "",
        rate: float = 1.0,
        gain: float = 1.0,
        queued: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Queue a text; returns its number, or 0 when it is refused, which is logged and published.

        Args:
            language: code of the language that the caller means, e.g. "en-GB"; "" for that of the voice.
            rate, gain: factors for this text.
            queued: called with its number before anything else can happen to the text.
        """
        try:
            if self._language and language and not language.lower().startswith("en"):
                raise TextRefused(f"the language {language!r} is asked for; the voice speaks {self._language}")
            said = spoken(text, self._language, self._script)
            with self._changed:
                number = self._line.add(said.sentences, self.get_clock().now().nanoseconds, rate, gain)
                queued(number)
                self._changed.notify_all()
        except (TextRefused, LineFull) as refused:
            self.refused = str(refused)
            self.reports.warning("texts_refused", f"cannot say {beginning(text)!r}: {refused}")
            self._publish(SpeechEvent(event=SpeechEvent.REFUSED, text=beginning(text), message=str(refused)))
            return 0
        self._tell_left_out(said)
        return number

    def interrupt(self, utterance: int | None = None) -> int:
        """Stop at once, or stop one text; returns the number of sentences that are dropped."""
        with self._changed:
            heard = not self._line.idle if utterance is None else self._line.void(utterance)
            dropped = self._line.drop(time.monotonic(), lambda each: utterance in (None, each.utterance))
            self._changed.notify_all()
        if heard and self._interruption is not None and self._interruption.service_is_ready():
            self._interruption.call_async(Trigger.Request())
        return dropped

    def _health(self) -> Health:
        values: dict[str, object] = {"saying": self._saying or "nothing", "last refusal": self.refused or "none"}
        if not self._ready:
            return WARN, "the voice is being loaded; the log has the reason if this lasts", values
        if not self._audio.get_subscription_count():
            return WARN, f"nobody hears {self._audio.topic_name}: activate a head, or check the namespace", values
        return OK, f"saying '{self._saying}'" if self._saying else "ready", values

    def _read_settings(self) -> None:
        self.settings = read(self, SaySettings)

    def _patience(self) -> float:
        """Seconds by which the head's own events are waited for."""
        return PATIENCE if self.count_publishers(self.resolve_topic_name("self/utterance")) else 0.0

    def _tell_left_out(self, said: Spoken) -> None:
        if said.left_out:
            self.reports.warning("letters_left_out", said.left_out)

    def _speak(self, voice: Voice, sentence: Sentence) -> None:
        """Synthesize a sentence and publish it, at most `ahead` before it is heard."""
        try:
            samples = sentence_sound(voice, sentence, self.settings)
        except VoiceUnavailable as failed:
            self.reports.error("sentences_failed", f"cannot say {beginning(sentence.text)!r}: {failed}")
            self._leave_out(sentence)
            return
        with self._changed:
            if not self._line.begin(sentence, time.monotonic()):
                return
        self._tts.feedback(sentence.utterance, samples, voice.sample_rate)
        size = round(CHUNK * voice.sample_rate)
        stream_id = sentence.stream_id
        for first in range(0, max(samples.size, 1), size):
            if not self._room(sentence, stream_id):
                # The end of a stream tells every listener that nothing of it is missing.
                self._send(AudioBlock(stream_id, first, voice.sample_rate, 1, None, samples[:0], True))
                return
            chunk = samples[first : first + size]
            last = first + size >= samples.size
            with self._changed:
                self._line.published(sentence, chunk.size / voice.sample_rate, complete=last, now=time.monotonic())
            self._send(AudioBlock(stream_id, first, voice.sample_rate, 1, None, chunk, last))

    def _leave_out(self, sentence: Sentence) -> None:
        """Drop a waiting sentence that has no sound, once those before it are over: events keep their order."""
        with self._changed:
            while self._line.sounding:
                self._changed.wait(_TICK)
                self._line.heard(time.monotonic(), patience=self._patience())
                if self.stopping.is_set() or self._line.waiting() is not sentence:
                    return  # it was dropped, or waits behind others that are said again
            self._line.drop(time.monotonic(), lambda each: each is sentence)

    def _send(self, block: AudioBlock) -> None:
        self._audio.publish(audio_chunk(block, self.settings.frame_id))

    def _room(self, sentence: Sentence, stream_id: int) -> bool:
        """Wait until the next chunk may be published; whether it still is to be."""
        with self._changed:
            while not self.stopping.is_set():
                if not self._line.publishing(sentence) or sentence.stream_id != stream_id:
                    return False
                now = time.monotonic()
                self._line.heard(now, patience=self._patience())
                if self._line.ahead(now) < self.settings.ahead:
                    return True
                self._changed.wait(CHUNK)
        return False

    def _on_say(self, message: String) -> None:
        self.say(message.data)

    def _on_utterance(self, message: UtteranceEvent) -> None:
        with self._changed:
            if message.event == UtteranceEvent.BEGAN:
                self._line.head_began(message.stream_id, time.monotonic())
            elif message.event == UtteranceEvent.ENDED:
                self._line.head_ended(message.stream_id)
            else:
                self._line.head_interrupted(message.stream_id, nanoseconds(message.header.stamp), time.monotonic())
            self._changed.notify_all()

    def _on_interrupt(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        dropped = self.interrupt()
        response.success = True
        response.message = f"{dropped} sentences dropped" if dropped else "nothing was being said"
        return response

    def _happened(self, event: Event, sentence: Sentence) -> None:
        """Publish an event of the line; called with the lock."""
        self._publish(
            SpeechEvent(
                event=_EVENTS[event],
                utterance=sentence.utterance,
                sentence=sentence.index,
                sentences=sentence.count,
                stream_id=sentence.stream_id,
                text=sentence.text,
            )
        )
        if event is Event.BEGAN:
            self._show(sentence.text)
        elif event in (Event.ENDED, Event.INTERRUPTED):
            whole = event is Event.ENDED
            self._heard_text[sentence.utterance] += [sentence.text] if whole else words_heard(sentence)
            if not whole:
                self._not_whole.add(sentence.utterance)
            if self._line.idle:
                self._show("")
            if sentence.last:
                self._heard.publish(String(data=" ".join(self._heard_text.pop(sentence.utterance))))
                self._tts.over(sentence.utterance, heard=sentence.utterance not in self._not_whole)
                self._not_whole.discard(sentence.utterance)

    def _show(self, text: str) -> None:
        if text != self._saying:
            self._saying = text
            self._shown.publish(String(data=text))

    def _publish(self, message: SpeechEvent) -> None:
        message.header.stamp = self.get_clock().now().to_msg()
        message.header.frame_id = self.settings.frame_id
        self._events.publish(message)
