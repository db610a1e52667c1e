"""The step of one session as a graph that ONNX Runtime runs, without PyTorch."""
