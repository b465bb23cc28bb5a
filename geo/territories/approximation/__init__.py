"""The built-in approximation of the territories, for when no official source can be reached.

Leaves official files and services, and writing the tables, to the importers.
"""

from geo.territories.approximation.build import Approximation, build
from geo.territories.approximation.facts import legal_srids

__all__ = ["Approximation", "build", "legal_srids"]
