"""The files of the published model: fetched, converted, read."""
