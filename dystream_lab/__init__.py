"""What a laboratory does with dystream_ros: speech, corpus, teacher, training, evaluation, characters."""
