"""From chunks of audio to the timeline of a party: 16 kHz mono on the media clock, with holes as silence."""
