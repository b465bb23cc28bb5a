"""`make bench`: every benchmark, or those whose name holds a word given as argument."""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()

from geo.core import rls  # noqa: E402
from geo.core.scope import Scope  # noqa: E402
from tests.bench import cases, exports, over_http, walls  # noqa: E402
from tests.bench.harness import prepared  # noqa: E402

# Filling and checking are nobody's: they are done everywhere. Requests narrow it to their reader.
with rls.reading(Scope.nation()), prepared(tuple(sys.argv[1:])) as bench:
    for case in cases.ALL:
        case(bench)

walls.run(tuple(sys.argv[1:]))
exports.run(tuple(sys.argv[1:]))
over_http.run(tuple(sys.argv[1:]))
