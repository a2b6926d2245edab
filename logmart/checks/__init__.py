"""The checks of `make test` and `make lint`, and the linters of the files that a branch changes."""
