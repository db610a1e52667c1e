"""Figures of the audio of a party, and sentences about what happened to it."""

from dataclasses import dataclass, field


@dataclass
class PartyStatistics:
    """Figures of one party since the last reset; the fields of the message PartyStatus that the engine has.

    Attributes:
        receiving: audio waits to be heard, or arrived within the last second and its stream has not ended.
        speaking: the latest frame holds this party's voice.
        stream_id, sample_rate, channels: of the source that is heard; 0 before the first block.
        samples: accepted samples, in the source's own rate; each is heard exactly once.
        gap: samples that a running source left out (in its own rate); silence was heard instead.
        late: samples that arrived after their frame was made.
        overlap: samples at indices that were present already: duplicates, or a source that steps back.
        rejected: samples of blocks that were refused.
        rms_dbfs, peak_dbfs: level of the last second; minus infinity for digital silence.
        queued: seconds of audio that wait to be shown.
        drift_ppm: how much faster the source's samples run than its stamps; corrected by resampling.
        missing: 16 kHz samples that were not present at the deadline of their frame.
        reproducible: False once a driven run had loss, disorder or late audio: another run may give other frames.
        counters: how often each rare event happened, by short name; names that end in `_samples` count samples.
    """

    receiving: bool = False
    speaking: bool = False
    stream_id: int = 0
    sample_rate: int = 0
    channels: int = 0
    samples: int = 0
    gap: int = 0
    late: int = 0
    overlap: int = 0
    rejected: int = 0
    rms_dbfs: float = -120.0
    peak_dbfs: float = -120.0
    queued: float = 0.0
    drift_ppm: float = 0.0
    missing: int = 0
    reproducible: bool = True
    counters: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, by: int = 1) -> None:
        """Add to one of the counters."""
        self.counters[name] = self.counters.get(name, 0) + by
