"""Stages that change a generated motion before it is shown; one behaviour per file."""
