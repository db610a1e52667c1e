"""Conversations of two parties with sound, motion and phone times: staged from speech, or measured in videos."""
