"""Which data sets this machine has, without fetching any."""

from unittest.mock import patch

from dlscratch import downloads


def is_here(name):
    """Return whether the files of "mnist" or "fashion-mnist" are on this machine."""
    with patch.dict(downloads.MIRRORS, {name: ()}):
        try:
            downloads.fetch_file(name, downloads.FILES[-1])  # the smallest
        except FileNotFoundError:
            return False
        except ValueError:  # damaged: its tests shall say so
            pass
        return True
