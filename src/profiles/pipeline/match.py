"""From a Work to wishes in the ledger: whose is it, and may it be sent?"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from ..claims import ledger, metadata
from ..claims.ledger import Holding
from ..claims.states import Origin
from ..matching import Policy, Verdict, claimants, evaluate
from ..people.permissions import Purpose
from ..people.preferences import Versions
from ..people.standing import Standing, standings
from ..values import texts
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from ..values.vocabulary import other_versions
from ..values.work import Work
from . import invitations, versions, withdrawn
from .facts import may_move, person_facts, version_of
from .nudge import nudge
from .withdrawn import BY, Fate, Kind, fate

# Reasons of matching that mean "this is not their work any more"; all others are rules about it.
NOT_THEIRS = frozenset(
    {"not_named", "only_contributor", "id_malformed", "id_other_host", "id_absent"}
)


def accept(work: Work, *, policy: Policy, now: datetime, seen_now: bool = False) -> int:
    """Bring the ledger up to date with this metadata. How many claims have something new to do.

    Safe to repeat: the same metadata twice is no new wish. Whoever is not known to us, or has
    auto-update off, is not touched; works that were added by hand follow their metadata
    whatever the rules say. `seen_now`: they were asked for by their DOI, and are public now.
    """
    invitations.remember(work, title=title_of(work), policy=policy, now=now)
    if work.state not in ("", "findable"):
        return withdrawn.registered(work, now=now)
    with transaction.atomic():
        everybody = {*claimants(work), *ledger.holdings(work.doi)}
        people = standings(everybody, Purpose.AUTO_UPDATE, now=now, lock=True)
        holdings = ledger.holdings(work.doi)  # now that nobody decides anything about them
        wishes = {
            orcid: _wish(work, orcid, policy, person, holdings.get(orcid))
            for orcid, person in people.items()
        }
        concerned = {orcid: wish for orcid, wish in wishes.items() if wish is not None}
        if not concerned or not withdrawn.is_public(work, now=now, seen_now=seen_now):
            return 0
        choosing = any(people[orcid].versions != Versions.GROUPED for orcid in concerned)
        before = metadata.named_versions([work.doi]) if choosing else frozenset()
        if not metadata.record_work(work, title=title_of(work)):
            return 0  # newer metadata are known: what these say is over
        changed = {
            orcid: _write(work, orcid, wish, holdings.get(orcid), now=now)
            if people[orcid].versions == Versions.GROUPED
            else _choose(
                work,
                orcid,
                wish,
                holdings.get(orcid),
                people[orcid],
                before=before,
                policy=policy,
                now=now,
            )
            for orcid, wish in concerned.items()
        }
        nudge(orcid for orcid, count in changed.items() if count)
    return sum(changed.values())


TITLE_LIMIT = 500  # for lists only


class Wish(NamedTuple):
    origin: Origin  # whose wish
    why: str = ""  # the work shall leave; empty: it shall be there
    unnamed: bool = False  # it is kept although the metadata do not name the person


def _wish(
    work: Work, orcid: OrcidId, policy: Policy, person: Standing, held: Holding | None
) -> Wish | None:
    """What these metadata mean for this person; None where they mean nothing."""
    imported = held is not None and held.origin == Origin.IMPORT
    if held and (not may_move(held) or (imported and not person.auto_update)):
        return Wish(held.origin)
    if not person.auto_update:
        return None
    evaluation = evaluate(work, orcid, policy=policy, person=person_facts(person, held))
    if evaluation.verdict in (Verdict.SEND, Verdict.HOLD):
        return Wish(Origin.AUTO_UPDATE)
    if held is None:
        return None
    if evaluation.reason not in NOT_THEIRS:
        # What was there before us no rule takes off, but what the person chose.
        why = "" if imported and not held.unwanted_for else "no_longer_qualifies"
        return Wish(held.origin, why)
    if fate(Kind.UNNAMED, person.withdrawn, held, auto_update=True) == Fate.STAYS:
        return Wish(Origin.AUTO_UPDATE, unnamed=True)
    return Wish(Origin.AUTO_UPDATE, "left_metadata")


def _choose(
    work: Work,
    orcid: OrcidId,
    wish: Wish,
    held: Holding | None,
    person: Standing,
    *,
    before: Collection[Doi],
    policy: Policy,
    now: datetime,
) -> int:
    """For who does not want all versions: the others, also those named `before`, may change too."""
    dois = {work.doi, *other_versions(work), *before}
    related = versions.hold(orcid, dois)
    by_rule = not wish.why and wish.origin == Origin.AUTO_UPDATE and may_move(held)
    if by_rule:
        _mark(work, orcid, wish, held, now=now)
    count = 0 if by_rule else _write(work, orcid, wish, held, now=now)
    if not person.auto_update:
        return count
    arrived = work if by_rule else None
    return count + versions.settle(
        orcid, person, related, policy=policy, by=BY, now=now, arrived=arrived
    )


def _write(work: Work, orcid: OrcidId, wish: Wish, held: Holding | None, *, now: datetime) -> bool:
    if wish.why:
        return ledger.unwant(orcid, work.doi, reason=wish.why, by=BY, now=now)
    _mark(work, orcid, wish, held, now=now)
    version = version_of(work)
    return ledger.want(orcid, work.doi, origin=wish.origin, by=BY, now=now, version=version)


def _mark(work: Work, orcid: OrcidId, wish: Wish, held: Holding | None, *, now: datetime) -> None:
    if wish.unnamed or (held and held.unnamed):
        ledger.mark_named(orcid, work.doi, named=not wish.unnamed, by=BY, now=now)


def title_of(work: Work) -> str:
    lines = (texts.line(title.text, TITLE_LIMIT) for title in work.titles)
    return next((line for line in lines if texts.says_something(line)), "")
