"""The laboratory of dystream_ros: speech, corpus, teacher, training, evaluation, characters."""
