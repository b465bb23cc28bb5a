"""Numbers that are no coordinate are refused with their field, never with a fault."""

from __future__ import annotations

from typing import Any

import pytest

from geo.core.errors import InvalidInput
from geo.core.geometry import point_from_lonlat


@pytest.mark.parametrize("value", [10**400, "1e999", "nan", "deux", "", None, True, [2.35]])
def test_what_is_no_number_is_refused_by_name(value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        point_from_lonlat(value, 48.93, field="position")
    assert refused.value.field == "position"
