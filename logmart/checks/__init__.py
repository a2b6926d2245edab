"""What `make test` and `make lint` run, and the linters of what a branch changes."""
