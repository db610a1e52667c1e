"""Tables, curves and pictures of the measures, and the sections that `dystream evaluate` runs."""
