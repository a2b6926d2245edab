"""Decides what follows from check results, by the policies of seeds/quality_policies.csv."""
