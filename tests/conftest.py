"""Makes the support package and its fixtures known to every test."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "support"))

pytest_plugins = ["coexist_testing.fixtures"]
