"""Nobody gives a right for longer than they hold it themselves.

Leaves what may be given where to `granting` and `life.giving`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from django.db.models import Q

from geo.accounts.models import Grant, Membership, User
from geo.accounts.scopes import scope_on
from geo.core.errors import InvalidInput
from geo.core.scope import Scope

Holds = Callable[[Scope], bool]
DAY = dt.timedelta(days=1)


def last_day(user: User, holds: Holds) -> dt.date | None:
    """The last day on which the scope of the account still passes a test that it passes today.

    None when nothing ends it.
    """
    return next((end for end, later in scopes_ahead(user) if not holds(later)), None)


def scopes_ahead(user: User) -> Iterator[tuple[dt.date, Scope]]:
    """The scope of the account after each day on which a role or a grant of today ends."""
    theirs = Q(user=user)
    if user.organisation_id is not None:
        theirs |= Q(organisation=user.organisation_id)
    ends = {each.ends_on for each in Membership.objects.current().filter(user=user)}
    ends |= {each.ends_on for each in Grant.objects.in_force().filter(theirs)}
    for end in sorted(each for each in ends if each is not None):
        yield end, scope_on(user, end + DAY)


def require_lasting(by: User, ends_on: dt.date | None, holds: Holds) -> None:
    """Raise `InvalidInput` when the giver's own right ends before what is given (None: never)."""
    last = last_day(by, holds)
    if last is not None and (ends_on is None or ends_on > last):
        raise InvalidInput(
            f"Vos propres droits à cet endroit s'arrêtent le {last:%d/%m/%Y} : "
            "ce que vous donnez ne va pas au-delà.",
            field="ends_on",
        )
