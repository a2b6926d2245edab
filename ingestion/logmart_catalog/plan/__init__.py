"""A plan: three states compared and merged, as actions. Pure functions."""
