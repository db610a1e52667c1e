"""Commands of the laboratory: each module in this folder is one command of `dystream`."""
