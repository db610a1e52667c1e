"""Commands of the laboratory: each file in this folder is one command of `dystream`; see `dystream_ros.cli`."""
