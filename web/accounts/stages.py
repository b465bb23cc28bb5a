"""The stage between the first factor and the session: the second factor.

Leaves the pages to `web.accounts.second_factor`.
"""

from __future__ import annotations

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

from web.accounts.proofs import proved_twice


class SecondFactorStage(AuthenticateStage):
    """Asked of everybody who has one, unless ProConnect vouched for two factors already."""

    def _should_handle(self, request: HttpRequest) -> bool:
        if self.login.user is not None and proved_twice(request, self.login.user):
            return False
        return bool(super()._should_handle(request))
