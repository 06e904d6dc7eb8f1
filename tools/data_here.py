"""Which data sets this machine has, without fetching any."""

from unittest.mock import patch

from dlscratch import downloads

# What the labs need.
LABS = {"lab-mnist": ("mnist", "fashion-mnist"), "lab-text": ("text",)}


def is_here(name):
    """Return whether "mnist", "fashion-mnist" or "text" is on this machine."""
    files = downloads.TEXTS if name == "text" else downloads.FILES[-1:]  # the smallest
    with patch.object(downloads, "_download", side_effect=OSError("not asked for")):
        try:
            for file in files:
                downloads.fetch_file(name, file)
        except FileNotFoundError:
            return False
        except ValueError:  # damaged: its tests shall say so
            pass
        return True
