"""The measures of `dystream evaluate`: one subject a file."""
