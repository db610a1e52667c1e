"""The published DyStream networks: stage 2 (audio to motion) and stage 1 (motion to picture), run live."""
