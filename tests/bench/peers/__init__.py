"""Other tile and feed servers on the benchmark's own tables, each in an environment of its own."""
