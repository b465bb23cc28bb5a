"""A fake of ProConnect that runs as a process of its own, with keys of its own."""
