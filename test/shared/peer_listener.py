"""A head beside the messages of others, as the tests of its audio inputs use it."""

import json
import sys

import numpy as np
import peer_source
from dystream_ros.msg import AudioChunk, StreamStatus
from peer_messages import overlay


class Listener:
    """A head beside the messages of one workspace, and what it heard on self/audio."""

    def __init__(self, graph, folder, untrained, workspace):
        self.graph, self.folder = graph, folder
        self.overlay = overlay(workspace)
        self.head = graph.start("head", model=str(untrained), images=False, overlay=self.overlay)
        self.head.until_log("active")
        self.aligned = graph.listen("self/audio_aligned", AudioChunk, of="head")
        self.status = graph.listen("status", StreamStatus)
        self._files = 0

    def source(self, sound, **options):
        """Start a source of this sound; it publishes once it has a subscriber."""
        self._files += 1
        path = self.folder / f"{self._files}.npy"
        np.save(path, sound)
        options = json.dumps({"file": str(path), **options})
        return self.graph.run([sys.executable, peer_source.__file__, options], overlay=self.overlay)

    def hears(self, sound, **options):
        """Publish the sound (n,); the samples that came back on self/audio_aligned, once they are as many."""
        del self.aligned[:]
        source = self.source(sound, **options)
        try:
            self.aligned.until(lambda all_: sum(len(each.data) for each in all_) >= sound.size, "the whole sound")
        finally:
            source.stop()
            self.graph.until(lambda: not self.graph.node.count_publishers("self/audio"), "the source to be gone")
        self.status.until(lambda all_: all_[-1].self_audio.queued == 0, "an empty queue")
        return np.concatenate([each.data for each in self.aligned])

    def counter(self, name):
        newest = self.status.next()[-1]
        return dict(zip(newest.counters, newest.counts, strict=True)).get(name, 0)
