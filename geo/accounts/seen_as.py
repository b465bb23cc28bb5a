"""« Voir en tant que »: the scope of a role on a territory, for an administrator who holds more.

It only narrows: what the administrator may not read or do, the role shown may not either. Leaves
the session, the banner and the refusal of writes to the pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from geo.accounts.enums import Role
from geo.accounts.granting import administers
from geo.accounts.life.giving import require_sensible
from geo.accounts.models import User
from geo.accounts.readlog import ReadPurpose, log_read
from geo.accounts.scopes import areas_of, scope_of_role
from geo.accounts.within import scope_within
from geo.core.errors import Forbidden, InvalidInput
from geo.core.scope import DataClass, Scope

NOT_YOURS = "Vous n'administrez pas tout ce territoire."
MORE = "Ce rôle lit ou fait là plus que vous : il ne peut pas vous être montré."


@dataclass(frozen=True, slots=True)
class SeenAs:
    """A role on a territory, as somebody looks at it."""

    role: str
    level: str
    code: str

    @property
    def named(self) -> str:
        """How the log of reads tells it."""
        return f"role:{self.role} {self.level}:{self.code}".rstrip(":")


def seen_scope(*, scope: Scope, seen: SeenAs) -> Scope:
    """What an account with this role there, and nothing beside it, reads and does today.

    Raises `InvalidInput` naming the field, `Forbidden` where the scope's holder does not
    administer the whole territory or the role would show more than they read themselves.
    """
    if seen.role not in Role.values:
        raise InvalidInput(f"Rôle inconnu : « {seen.role} ».", field="role")
    require_sensible(seen.role, seen.level, seen.code)
    if not administers(scope, areas_of(seen.level, seen.code)):
        raise Forbidden(NOT_YOURS)
    shown = scope_of_role(seen.role, seen.level, seen.code)
    if not scope_within(shown, scope):
        raise Forbidden(MORE)
    return shown


def seen_as_begin(*, by: User, scope: Scope, seen: SeenAs, request_id: str = "") -> None:
    """Write down that somebody looks as a role. Raises as `seen_scope`, `ReadLogUnavailable`."""
    seen_scope(scope=scope, seen=seen)
    log_read(
        by=by,
        data_classes=[DataClass.GENERAL],
        route="seen_as",
        object_ids=[],
        purpose=ReadPurpose.CONSULT,
        on_behalf_of=seen.named,
        request_id=request_id,
    )
