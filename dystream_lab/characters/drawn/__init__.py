"""Drawn faces: a person in simple painted shapes, a puppet of eyes and mouth, and a robot with a visor."""
