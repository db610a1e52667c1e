"""Audio messages of any supported type, as blocks of samples of one party."""
