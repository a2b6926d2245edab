"""The report on a pull request."""
