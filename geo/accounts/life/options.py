"""Options given together with a role: on which terms, and by whom.

Leaves the rules of granting to `geo.accounts.granting`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from geo.accounts.granting import Terms, option_grant, options_checked
from geo.accounts.life.giving import Place
from geo.accounts.models import Invitation, User
from geo.core.errors import InvalidInput
from geo.core.scope import Scope

FIELDS = {"ends_on": "options_end_on", "reason": "options_reason", "option": "options"}


@dataclass(frozen=True, slots=True)
class Options:
    """Options that complete a role on all of its territories, with one reason and one end."""

    names: tuple[str, ...]
    reason: str
    ends_on: dt.date | None

    @classmethod
    def of(cls, invitation: Invitation) -> Self | None:
        """Those of an invitation; None when it has none."""
        if not invitation.options:
            return None
        names = tuple(invitation.options)
        return cls(names, invitation.options_reason, invitation.options_end_on)

    def kept(self) -> dict[str, Any]:
        """As an invitation keeps them."""
        return {
            "options": list(self.names),
            "options_reason": self.reason.strip(),
            "options_end_on": self.ends_on,
        }

    def require(self, by: User, scope: Scope, role: str, places: Sequence[Place]) -> None:
        """Raise `InvalidInput` naming the field, `Forbidden` beyond the rights of the giver."""
        try:
            for place in places:
                terms = self._terms(place)
                options_checked(by=by, scope=scope, role=role, options=self.names, terms=terms)
        except InvalidInput as error:
            raise _named(error) from error

    def grant(self, by: User, scope: Scope, user: User, places: Sequence[Place]) -> None:
        """Grant them all, or none. Raises as `require`, `Conflict` for one in force already."""
        for place in places:
            for name in self.names:
                try:
                    terms = self._terms(place)
                    option_grant(by=by, scope=scope, user=user, option=name, terms=terms)
                except InvalidInput as error:
                    raise _named(error) from error

    def _terms(self, place: Place) -> Terms:
        if self.ends_on is None:
            raise InvalidInput("Donnez le dernier jour des options.", field="ends_on")
        return Terms(*place, self.reason, self.ends_on)


def _named(error: InvalidInput) -> InvalidInput:
    """The same refusal beside the field of the options."""
    return InvalidInput(error.message, field=FIELDS.get(error.field or "", error.field))
