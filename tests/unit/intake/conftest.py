"""The fixtures of the intake tests."""

from country_files import country
from publisher import publisher

__all__ = ["country", "publisher"]
