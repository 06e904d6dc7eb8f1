"""What all tests share: where MNIST is, and which notebooks need it."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
