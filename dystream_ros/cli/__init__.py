"""The command line: dystream <command>."""
