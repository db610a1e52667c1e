"""Corpus, teacher and training of the compact model; nothing else imports this."""
