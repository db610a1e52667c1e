"""Configuration of a conversation: one frozen dataclass, checked once."""

from dataclasses import dataclass

TIME_MODES = ("paced", "driven")
WAIT_FOR = ("both", "self", "other")
SELF_MODES = ("queued", "live")


@dataclass(frozen=True)
class ConversationConfig:
    """How a conversation keeps time and treats its audio.

    Attributes:
        time_mode: "paced" (a steady clock makes frames) or "driven" (the audio itself advances time).
        parties: whom driven time waits for: "both", "self" or "other".
        self_mode: in paced time, "queued" for synthetic speech that comes in bursts, "live" for a microphone.
        jitter_budget: seconds that a frame waits at most for audio that is late, 0 to 0.5; a live party with longer
            chunks is heard later by the difference.
        queue_limit: seconds of self audio that may wait, 1 to 600; what goes beyond is rejected.
        catch_up: frames that are made up for after a stall, 1 to 250; older ones are dropped and counted.
        self_channel, other_channel: channel to hear, counted from 0; -1 for the mean of all.
        source_timeout: seconds without audio after which another source may take the topic over, 0.1 to 10.
        speech_floor: dBFS below which nothing counts as speech, -90 to 0.
    """

    time_mode: str = "paced"
    parties: str = "both"
    self_mode: str = "queued"
    jitter_budget: float = 0.025
    queue_limit: float = 60.0
    catch_up: int = 25
    self_channel: int = -1
    other_channel: int = -1
    source_timeout: float = 0.5
    speech_floor: float = -50.0

    def __post_init__(self) -> None:
        for name, accepted in (("time_mode", TIME_MODES), ("parties", WAIT_FOR), ("self_mode", SELF_MODES)):
            given = getattr(self, name)
            if given not in accepted:
                raise ValueError(f"{name} is {given!r}; accepted are {', '.join(accepted)}")
        for name, low, high in LIMITS:
            given = getattr(self, name)
            if not low <= given <= high:
                raise ValueError(f"{name} is {given}; accepted are {low} to {high}")


# Range of each number: (field, least, most).
LIMITS = (
    ("jitter_budget", 0.0, 0.5),
    ("queue_limit", 1.0, 600.0),
    ("catch_up", 1, 250),
    ("self_channel", -1, 31),
    ("other_channel", -1, 31),
    ("source_timeout", 0.1, 10.0),
    ("speech_floor", -90.0, 0.0),
)
