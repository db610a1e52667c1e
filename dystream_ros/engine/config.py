"""Configuration of a conversation."""

from dataclasses import dataclass

TIME_MODES = ("paced", "driven")
WAIT_FOR = ("both", "self", "other")
SELF_MODES = ("queued", "live")


@dataclass(frozen=True)
class ConversationConfig:
    """Time and audio of a conversation; checked when it is created.

    Attributes:
        time_mode: "paced" (frames are due by a steady clock) or "driven" (the audio advances time).
        parties: parties that driven time waits for: "both", "self" or "other".
        self_mode: in paced time, "queued" for synthetic speech that arrives in bursts, "live" for a microphone.
        jitter_budget: longest wait of a frame for late audio, s, 0 to 0.5; the audio of a live party with longer chunks
            is used later by the difference.
        queue_limit: longest self audio in the queue, s, 1 to 600; more is rejected.
        catch_up: frames that are computed late after a single stall, 1 to 250; older ones are dropped and counted. A
            backlog that does not shrink is dropped whatever this number is.
        self_channel, other_channel: channel that is used, from 0; -1 for the mean of all.
        source_timeout: time without audio after which another source may take over the topic, s, 0.1 to 10.
        step_together: in paced time, longest time that a frame waits for those of other heads in the same process, s, 0
            to 0.015. Above 0, frames of all heads are due on one grid.
        speech_floor: level below which audio is never classified as speech, dBFS, -90 to 0.
        lips_need_voice: whether sound of self that is not a voice, or is the partner's, closes the lips.

    Raises:
        ValueError: a value is not accepted.
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
    step_together: float = 0.0
    speech_floor: float = -50.0
    lips_need_voice: bool = True

    def __post_init__(self) -> None:
        for name, accepted in (("time_mode", TIME_MODES), ("parties", WAIT_FOR), ("self_mode", SELF_MODES)):
            given = getattr(self, name)
            if given not in accepted:
                raise ValueError(f"{name} is {given!r}; accepted are {', '.join(accepted)}")
        for name, low, high in LIMITS:
            given = getattr(self, name)
            if not low <= given <= high:
                raise ValueError(f"{name} is {given}; accepted are {low} to {high}")


# Range of each number: (field, minimum, maximum).
LIMITS = (
    ("jitter_budget", 0.0, 0.5),
    ("queue_limit", 1.0, 600.0),
    ("catch_up", 1, 250),
    ("self_channel", -1, 31),
    ("other_channel", -1, 31),
    ("source_timeout", 0.1, 10.0),
    ("step_together", 0.0, 0.015),
    ("speech_floor", -90.0, 0.0),
)
