"""The `simulated_head` node: controllers, servos and joints of the research head in MuJoCo, in real time."""
