"""Joint commands of an animatronic head from the motion of a face: calibration file, limits, regions, safety."""
