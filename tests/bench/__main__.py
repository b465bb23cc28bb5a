"""`make bench`: every benchmark, or those whose name holds a word given as argument."""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()

from tests.bench import cases, walls  # noqa: E402
from tests.bench.harness import prepared  # noqa: E402

with prepared(tuple(sys.argv[1:])) as bench:
    for case in cases.ALL:
        case(bench)

walls.run(tuple(sys.argv[1:]))
