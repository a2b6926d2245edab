"""A plugin of pytest: Python collects its garbage rarely, as most of what tests keep is no garbage.

Every collection goes over the modules, tests and parsed artifacts that a run of tests holds.
"""

import gc

# Python's own are 700, 10 and 10.
gc.set_threshold(200_000, 20, 100)
