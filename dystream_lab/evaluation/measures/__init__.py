"""The measures of `dystream evaluate`, one subject per file, and their confidence intervals."""
