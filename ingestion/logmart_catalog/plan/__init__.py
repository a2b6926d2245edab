"""Compares the desired, actual and last applied state, and plans the actions. Pure functions."""
