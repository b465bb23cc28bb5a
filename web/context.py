"""What every template knows: the product's name, the theme, the demonstration banner."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def product(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {
        "product_name": "Atlas de la résorption",
        "theme": settings.ATLAS_THEME,
        "is_demo": settings.ATLAS_DEMO,
    }
