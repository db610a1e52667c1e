"""What a lab does once with the published weights: distil the encoders, study the losses, calibrate the readout."""
