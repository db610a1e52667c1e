"""Speech with known phone times: engines, texts, voices, phones, prosody and the cache."""
