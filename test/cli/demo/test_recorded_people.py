"""Two recorded people are staged as a conversation: in turn, one of them interrupted, each on a track of its own."""

import av
import numpy as np
import soundfile

from dystream_ros.cli.demo import debian_recordings, recorded_people


def write_g722(path, samples):
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="g722") as container:
        stream = container.add_stream("g722", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


def test_both_speak_in_turn_and_overlap_once(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    for party, _, name in recorded_people._SCRIPT:
        package, inside = recorded_people._READERS[party]
        noise = rng.normal(0.0, 3000.0, 2 * 16_000).astype(np.int16)
        write_g722(tmp_path / package / inside / f"{name}.g722", noise)
    monkeypatch.setattr(debian_recordings, "unpacked", lambda package, cache: cache / package)
    files = recorded_people.stage(tmp_path, tmp_path / "out")
    own, other = (soundfile.read(path)[0] for path in files)
    assert len(own) == len(other)
    speaks = [np.abs(track[: len(track) // 1600 * 1600]).reshape(-1, 1600).mean(1) > 0.01 for track in (own, other)]
    assert 0.9 < np.mean(speaks[0]) * len(own) / 16_000 / 10 < 1.1  # five lines of two seconds
    assert 0.9 < np.mean(speaks[1]) * len(own) / 16_000 / 8 < 1.1
    assert 0.8 < 0.1 * np.count_nonzero(speaks[0] & speaks[1]) < 1.5
