"""Drawn at random: nobody gives beyond their own rights; areas are compared as sets of communes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from geo.accounts.areas import Hierarchy
from geo.accounts.enums import GrantKind, OptionKind, Role
from geo.accounts.granting import (
    Terms,
    exception_grant,
    option_approve,
    option_grant,
    organisation_grant,
)
from geo.accounts.models import Membership, User
from geo.accounts.scopes import scope_for
from geo.accounts.within import scope_within
from geo.core.errors import DomainError
from geo.core.scope import Areas, DataClass, Scope, Verb
from geo.territories.models import Commune, Epci
from tests.geo.accounts.grants import make_grant, tomorrow
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db]
PLACES = (
    ("nation", ""),
    ("region", "11"),
    ("region", "93"),
    ("departement", "93"),
    ("departement", "13"),
    ("epci", "200054781"),
    ("epci", "200054807"),
    ("epci", "249900001"),
    ("commune", "93066"),
    ("commune", "93008"),
    ("commune", "13055"),
    ("commune", "13001"),
)
CLASSES = tuple(DataClass)
drawn = settings(
    max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def ground(territories: Any) -> list[Commune]:
    """The four communes, two of which share an EPCI that straddles both departements."""
    both = Epci.objects.get(code="200054781")
    both.pk, both.code, both.departements = None, "249900001", ["93", "13"]
    both.save(force_insert=True)
    Commune.objects.filter(code__in=["93008", "13001"]).update(epci="249900001")
    return list(Commune.objects.all())


@st.composite
def areas(draw: st.DrawFn) -> Areas:
    found = Areas()
    for level, code in draw(st.lists(st.sampled_from(PLACES), max_size=3)):
        found |= Areas(nation=True) if level == "nation" else Areas.of(level, [code])
    return found


def place(commune: Commune) -> Any:
    class At:
        commune_id = commune.code
        epci_id = commune.epci_id
        departement_id = commune.departement_id
        region_id = commune.region_id

    return At()


def communes(within: Areas, ground: list[Commune]) -> set[str]:
    """The communes in some areas, and « elsewhere » for the nation."""
    found = {each.code for each in ground if within.covers(place(each))}
    return found | {"elsewhere"} if within.nation else found


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside never happened."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_the_common_part_and_the_inside_of_areas_are_those_of_their_communes(
    ground: list[Commune],
) -> None:
    @drawn
    @given(areas(), areas())
    def check(left: Areas, right: Areas) -> None:
        hierarchy = Hierarchy.of([left, right])
        one, other = communes(left, ground), communes(right, ground)
        assert communes(hierarchy.common(left, right), ground) == one & other
        if hierarchy.inside(left, right):
            assert one <= other
            event("inside")

    check()


def rights(scope: Scope, ground: list[Commune]) -> set[tuple[str, str, str]]:
    """A scope as plain triples: class, what, commune."""
    found = set()
    for each in CLASSES:
        reach = scope.reach(each)
        for name in ("exact", "grid", "commune"):
            found |= {(each.value, name, c) for c in communes(getattr(reach, name), ground)}
        for verb in Verb:
            found |= {
                (each.value, verb.value, c) for c in communes(scope.where(verb, each), ground)
            }
    return found


@dataclass(frozen=True)
class Draw:
    """An attempt: the roles and places of who gives and who receives, the place given, and what."""

    roles: tuple[str, str]
    places: tuple[tuple[str, str], ...]
    act: str
    option: str
    data_class: DataClass
    letters: str
    lost: DataClass | None
    kind: str


def acts() -> st.SearchStrategy[Draw]:
    """Attempts, more often by someone who may give something to someone who may receive it."""
    giving = [Role.LOCAL_ADMIN, Role.NATIONAL_ADMIN]
    receiving = [Role.PARTNER, Role.OPERATOR, Role.API_TOKEN, Role.NATIONAL_PARTNER]
    return st.builds(
        Draw,
        roles=st.tuples(
            st.one_of(st.sampled_from(giving), st.sampled_from(Role.values)),
            st.one_of(st.sampled_from(receiving), st.sampled_from(Role.values)),
        ),
        places=st.one_of(
            st.tuples(*[st.sampled_from(PLACES)] * 3),
            st.sampled_from(PLACES).map(lambda place: (place,) * 3),
        ),
        act=st.sampled_from(GrantKind.values),
        option=st.sampled_from(OptionKind.values),
        data_class=st.one_of(st.just(DataClass.HEALTH), st.sampled_from(CLASSES)),
        letters=st.one_of(
            st.sampled_from(["V", "VU"]), st.sampled_from(["VUE", "C", "X", "E", "VCUXE"])
        ),
        lost=st.sampled_from([None, None, *CLASSES[1:]]),
        kind=st.sampled_from(["ars", "association"]),
    )


def test_nobody_gives_beyond_their_own_rights_and_areas(ground: list[Commune]) -> None:
    granter = User.objects.create_user("granter@example.test", None, full_name="G")
    approver = make_user(Role.NATIONAL_ADMIN, email="approver@example.test")
    holder = make_user(Role.OBSERVER, "departement", "93", "holder@example.test")
    given_out = []

    @settings(drawn, max_examples=250)
    @given(acts())
    def check(draw: Draw) -> None:
        with undone():
            organisation = holder.organisation
            assert organisation is not None
            organisation.type = draw.kind
            organisation.save()
            holder.memberships.all().delete()
            for user, role, (level, code) in zip(
                (granter, holder), draw.roles, draw.places, strict=False
            ):
                Membership.objects.create(user=user, role=role, level=level, code=code)
            if draw.lost is not None:
                make_grant(
                    kind=GrantKind.EXCEPTION,
                    user=granter,
                    data_class=draw.lost,
                    letters="V",
                    refused=True,
                    level="nation",
                    code="",
                    granted_by=approver,
                )
            own, before = scope_for(granter), rights(scope_for(holder), ground)
            terms = Terms(*draw.places[2], reason="tirage", ends_on=tomorrow())
            by: dict[str, Any] = {"by": granter, "scope": own, "terms": terms}
            what: dict[str, Any] = {"data_class": draw.data_class, "letters": draw.letters}
            try:
                if draw.act == GrantKind.OPTION:
                    made = option_grant(user=holder, option=draw.option, **by)
                    if made.pending:
                        option_approve(by=approver, scope=scope_for(approver), grant_id=made.pk)
                elif draw.act == GrantKind.EXCEPTION:
                    exception_grant(user=holder, **what, **by)
                else:
                    organisation_grant(organisation=organisation, **what, **by)
            except DomainError:
                pass
            after = rights(scope_for(holder), ground)
            assert before <= after
            assert after - before <= rights(own, ground)
            if after != before:
                given_out.append(draw.act)

    check()
    # A test in which nothing is ever given proves nothing.
    assert set(given_out) == set(GrantKind.values)


def test_a_scope_is_within_another_only_if_all_its_rights_are(ground: list[Commune]) -> None:
    one, other = (
        User.objects.create_user(f"{name}@example.test", None, full_name=name)
        for name in ("one", "other")
    )

    seen = set()

    @settings(drawn, max_examples=150)
    @given(
        st.tuples(st.sampled_from(Role.values), st.sampled_from(Role.values)),
        st.tuples(*[st.sampled_from(PLACES)] * 2),
    )
    def check(roles: tuple[str, str], places: tuple[tuple[str, str], ...]) -> None:
        with undone():
            for user, role, (level, code) in zip((one, other), roles, places, strict=True):
                Membership.objects.create(user=user, role=role, level=level, code=code)
            inner, outer = scope_for(one), scope_for(other)
            within = scope_within(inner, outer)
            seen.add(within)
            if within:
                # A blurred reading is within an exact one.
                mine, theirs = rights(inner, ground), rights(outer, ground)
                finer = {"grid": ("exact",), "commune": ("exact", "grid")}
                for data_class, what, where in mine - theirs:
                    assert any(
                        (data_class, better, where) in theirs for better in finer.get(what, ())
                    )

    check()
    assert seen == {True, False}
