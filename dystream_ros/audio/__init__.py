"""From microphone chunks to a party's timeline: 16 kHz mono, aligned by stamps, gaps filled."""
