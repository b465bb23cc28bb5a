"""Reading the `.sql` files that stand beside their callers. Leaves running them to the callers."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def read_sql(module_file: str, name: str) -> str:
    """The text of `sql/<name>.sql` beside `module_file` (beside its parent, for migrations)."""
    folder = Path(module_file).resolve().parent
    if folder.name in {"migrations", "commands"}:
        folder = folder.parent if folder.name == "migrations" else folder.parent.parent
    return (folder / "sql" / f"{name}.sql").read_text(encoding="utf-8")
