"""Long runs, by `make soak` only."""
