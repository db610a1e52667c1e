"""Statistics of the audio of one party."""

from dataclasses import dataclass, field


@dataclass
class PartyStatistics:
    """Statistics of one party since the start of its conversation; a reset clears only `reproducible`.

    The message PartyStatus has fields of the same names.

    Attributes:
        receiving: audio is queued, or a block arrived within the last second and its stream has not ended.
        speaking: this party speaks in the latest frame.
        stream_id, sample_rate, channels: of the source in use; 0 before the first block.
        samples: accepted samples, in the source's own rate; each is used exactly once.
        gap: samples that a running source left out, in its own rate; silence was used instead.
        late: samples that arrived after their frame was computed.
        overlap: samples at indices that were present already: duplicates, or the index of the source went back.
        rejected: samples of blocks that were refused.
        rms_dbfs, peak_dbfs: level of the last second; minus infinity for digital silence.
        queued: seconds of audio that no frame has used yet.
        drift_ppm: how much faster the source's samples run than its stamps; corrected by resampling.
        missing: 16 kHz samples that were not present at the deadline of their frame.
        reproducible: False once a driven run had loss, disorder or late audio: another run may give other frames.
        counters: number of occurrences of each rare event, by name; names that end in `_samples` count samples.
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
