"""Studies of the published weights: distillation of the encoders, losses of streaming, calibration of the readout."""
