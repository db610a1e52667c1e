"""Messages of a head in CDR, for bags that tests write."""

import numpy as np

from dystream_ros.face.arkit import ARKIT_NAMES

RATE = 16_000
EPOCH_NS = 1_700_000_000_000_000_000


def stamp_of(writer, stamp_ns):
    sec, nanosec = divmod(stamp_ns, 10**9)
    return writer.new("builtin_interfaces/msg/Time", {"sec": sec, "nanosec": nanosec})


def header(writer, stamp_ns):
    return writer.new("std_msgs/msg/Header", {"stamp": stamp_of(writer, stamp_ns), "frame_id": "face"})


def chunk(writer, samples, first, stamp_ns, stream_id=5, end=False):
    """An AudioChunk in CDR."""
    fields = {"header": header(writer, stamp_ns), "stream_id": stream_id, "first_sample": first, "sample_rate": RATE}
    fields |= {"channels": 1, "end_of_stream": end, "data": samples}
    return writer.serialize("dystream_ros/msg/AudioChunk", writer.new("dystream_ros/msg/AudioChunk", fields))


def motion(writer, frame, stamp_ns, amount, names=ARKIT_NAMES):
    """A FaceMotion in CDR, all of whose coefficients have this amount."""
    span = writer.new("builtin_interfaces/msg/Duration", {"sec": 0, "nanosec": 0})
    turn = writer.new("geometry_msgs/msg/Quaternion", {"x": 0.0, "y": 0.0, "z": 0.0, "w": 1.0})
    point = writer.new("geometry_msgs/msg/Point", {"x": 0.0, "y": 0.0, "z": 0.0})
    fields = {"header": header(writer, stamp_ns), "frame": frame, "generation": 0, "layout_id": 1, "names": list(names)}
    fields |= {"values": np.full(len(names), amount, np.float32), "speaking": 1, "audio_missing": 0}
    fields |= {"head_pose": writer.new("geometry_msgs/msg/Pose", {"position": point, "orientation": turn})}
    fields |= {"processing": span, "latency": span, "latent": np.zeros(0, np.float32)}
    return writer.serialize("dystream_ros/msg/FaceMotion", writer.new("dystream_ros/msg/FaceMotion", fields))


def write_conversation(writer, voices, size=160):
    """The audio of both parties, int16 by party, in chunks at the end of which they were recorded."""
    chunks = [
        (EPOCH_NS + round((first + size) / RATE * 1e9), f"/{party}/audio", first, samples)
        for party, samples in voices.items()
        for first in range(0, len(samples), size)
    ]
    for recorded_ns, topic, first, samples in sorted(chunks, key=lambda each: each[:2]):
        writer.add_topic(topic, "dystream_ros/msg/AudioChunk")
        stamp_ns, part = EPOCH_NS + round(first / RATE * 1e9), samples[first : first + size]
        writer.write(topic, recorded_ns, chunk(writer, part, first, stamp_ns, len(topic), first + size >= len(samples)))
