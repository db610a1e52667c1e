"""Messages of the page as dataclasses, and their checks. docs/web_protocol.md describes them.

Nothing that a page sends is used before it has become one of these objects.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dystream_ros.nodes.web import message_fields as fields
from dystream_ros.nodes.web.message_fields import Field, Refused, bad, field_of, shown

VERSION = 1
TEXT_LIMIT = 500
SEATS = ("visitor", "telepresence", "control")
PATHS = ("webrtc", "websocket")
COMMANDS = ("reset", "interrupt", "configure", "activate", "deactivate", "cleanup", "mute", "idle", "sleep")
RESTS = ("mute", "idle", "sleep")
FILES = ("video", "motion")

# Codes with which the server closes a WebSocket.
CLOSE_HELLO, CLOSE_TOKEN, CLOSE_SILENT, CLOSE_RESUMED, CLOSE_TOO_MANY = 4400, 4401, 4408, 4409, 4429

_LARGEST_ID = 2**53

Json = dict[str, Any]


@dataclass(frozen=True)
class Hello:
    version: int = fields.number(1, 1000, int)
    token: str = fields.text(200, default="")
    name: str = fields.text(40, shortest=1, default="page")
    resume: str = fields.text(64, default="")


@dataclass(frozen=True)
class Ping:
    sent: float = fields.number(-1e15, 1e15)


@dataclass(frozen=True)
class Look:
    path: str = fields.one_of(PATHS, default="websocket")
    face: bool = fields.flag(default=False)
    hear: str = fields.one_of(("none", "self", "other", "both"), default="none")
    camera: bool = fields.flag(default=False)
    levels: bool = fields.flag(default=False)


@dataclass(frozen=True)
class TakeSeat:
    seat: str = fields.one_of(SEATS)
    ask: bool = fields.flag(default=False)


@dataclass(frozen=True)
class ReleaseSeat:
    seat: str = fields.one_of(SEATS)


@dataclass(frozen=True)
class AnswerSeat:
    request: int = fields.number(0, _LARGEST_ID, int)
    give: bool = fields.flag()


@dataclass(frozen=True)
class RtcOffer:
    sdp: str = fields.text(32_000, shortest=1, printable=False)


@dataclass(frozen=True)
class RtcCandidate:
    candidate: str = fields.text(1000)
    mid: str = fields.text(32)
    index: int = fields.number(0, 16, int)


@dataclass(frozen=True)
class RtcClose:
    pass


@dataclass(frozen=True)
class OpenMicrophone:
    path: str = fields.one_of(PATHS)


@dataclass(frozen=True)
class CloseMicrophone:
    pass


@dataclass(frozen=True)
class BargeIn:
    enabled: bool = fields.flag()


@dataclass(frozen=True)
class Say:
    text: str = fields.text(TEXT_LIMIT, shortest=1)


@dataclass(frozen=True)
class Interrupt:
    pass


@dataclass(frozen=True)
class PageLatency:
    capture: float | None = field_of(Field((float, type(None)), low=0.0, high=10_000.0), None)
    uplink: float | None = field_of(Field((float, type(None)), low=0.0, high=10_000.0), None)
    downlink: float | None = field_of(Field((float, type(None)), low=0.0, high=10_000.0), None)
    playout: float | None = field_of(Field((float, type(None)), low=0.0, high=10_000.0), None)


@dataclass(frozen=True)
class GetParameters:
    pass


@dataclass(frozen=True)
class SetParameter:
    name: str = fields.text(100, shortest=1)
    value: bool | int | float | str = field_of(Field((bool, int, float, str), longest=100, low=-1e18, high=1e18), None)


@dataclass(frozen=True)
class Command:
    name: str = fields.one_of(COMMANDS)
    on: bool = fields.flag(default=True)


@dataclass(frozen=True)
class StartRecording:
    pass


@dataclass(frozen=True)
class StopRecording:
    pass


@dataclass(frozen=True)
class ListRecordings:
    pass


@dataclass(frozen=True)
class DeleteRecording:
    recording: str = fields.text(64, shortest=1)


@dataclass(frozen=True)
class Download:
    recording: str = fields.text(64, shortest=1)
    file: str = fields.one_of(FILES)


Message = (
    Hello
    | Ping
    | Look
    | TakeSeat
    | ReleaseSeat
    | AnswerSeat
    | RtcOffer
    | RtcCandidate
    | RtcClose
    | OpenMicrophone
    | CloseMicrophone
    | BargeIn
    | Say
    | Interrupt
    | PageLatency
    | GetParameters
    | SetParameter
    | Command
    | StartRecording
    | StopRecording
    | ListRecordings
    | DeleteRecording
    | Download
)

MESSAGES: dict[str, Callable[..., Message]] = {
    "hello": Hello,
    "ping": Ping,
    "look": Look,
    "take_seat": TakeSeat,
    "release_seat": ReleaseSeat,
    "answer_seat": AnswerSeat,
    "rtc_offer": RtcOffer,
    "rtc_candidate": RtcCandidate,
    "rtc_close": RtcClose,
    "open_microphone": OpenMicrophone,
    "close_microphone": CloseMicrophone,
    "barge_in": BargeIn,
    "say": Say,
    "interrupt": Interrupt,
    "page_latency": PageLatency,
    "get_parameters": GetParameters,
    "set_parameter": SetParameter,
    "command": Command,
    "start_recording": StartRecording,
    "stop_recording": StopRecording,
    "list_recordings": ListRecordings,
    "delete_recording": DeleteRecording,
    "download": Download,
}


def parse(text: str) -> tuple[Message, int | None]:
    """The message of a text frame and its `id`.

    Raises:
        Refused: `bad_message`; a `NumberedRefusal` where the text is JSON with a valid `id`.
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise bad(f"the text is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise bad("the text is not a JSON object")
    number = given.pop("id", None)
    if number is not None and (type(number) is not int or not 0 <= number <= _LARGEST_ID):
        raise bad(f"'id' is {shown(number)}; accepted is an integer, 0 to 2^53")
    try:
        return _message(given), number
    except Refused as refused:
        raise NumberedRefusal(refused.code, refused.text, number) from refused


class NumberedRefusal(Refused):
    """A refused text frame with the `id` of its request; None without one."""

    def __init__(self, code: str, text: str, number: int | None) -> None:
        super().__init__(code, text)
        self.number = number


def _message(given: Mapping[str, object]) -> Message:
    kind = given.get("type")
    if not isinstance(kind, str) or kind not in MESSAGES:
        raise bad(f"'type' is {shown(kind)}; accepted is one of {', '.join(MESSAGES)}")
    made = MESSAGES[kind]
    assert isinstance(made, type)
    accepted = {field.name: field for field in dataclasses.fields(made)}
    unknown = sorted(given.keys() - accepted.keys() - {"type"})
    if unknown:
        known = ", ".join(accepted) or "none"
        raise bad(f"'{kind}' has no field {shown(unknown[0])}; its fields are: {known}")
    values = {}
    for name, field in accepted.items():
        if name in given:
            values[name] = field.metadata["field"].check(name, given[name])
        elif field.default is dataclasses.MISSING:
            raise bad(f"'{kind}' needs the field '{name}': {field.metadata['field']}")
    return made(**values)
