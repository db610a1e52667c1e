"""What `dystream evaluate` measures, on which speech, and of whom."""
