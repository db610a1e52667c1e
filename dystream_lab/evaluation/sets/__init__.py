"""Speech for evaluation, one set per file; missing speech is fetched or synthesized, and kept in a cache."""
