"""Of DOIs that are versions of one another: those that the person chose go, the others stay off.

Always the whole family is decided, from what is known of it now; so it makes no difference what
came first. What a person added by hand stays, and what they took off the record stays off.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from ..claims import ledger, metadata, presence
from ..claims.ledger import Holding
from ..claims.reasons import BLOCKED
from ..claims.states import Origin, State
from ..matching import Family, Policy, Verdict, choose, evaluate, families, family
from ..people.preferences import Versions
from ..people.standing import Standing
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from ..values.vocabulary import other_versions
from ..values.work import Work
from .facts import may_move, person_facts, version_of

# The rule that keeps a version off, and the ledger's reason.
REASONS = {
    "newer_version": "newer_version",
    "newest_instead": "newer_version",
    "only_concept": "only_concept",
}


class Member(msgspec.Struct, frozen=True):
    """One version, as far as a person has to do with it."""

    work: Work
    held: Holding | None
    hidden: bool  # the DOI is not public
    refused: bool  # ORCID did not take it, and there is no news of it


def chooses(person: Standing | None) -> bool:
    """Whether one version may make room for another."""
    return person is not None and person.auto_update and person.versions != Versions.GROUPED


def hold(orcid: OrcidId, dois: Collection[Doi]) -> frozenset[Doi]:
    """Lock the claims that `settle` may change, before one of them is changed; which ones.

    Only under the lock on the person's account (`standings`). All who lock several claims do so in
    the same order, so that nobody waits in a circle.
    """
    related = metadata.relatives(orcid, dois)
    ledger.holdings_of(orcid, related, lock=True)
    return related


def settle(
    orcid: OrcidId,
    person: Standing,
    related: Collection[Doi],
    *,
    policy: Policy,
    by: str,
    now: datetime,
    arrived: Work | None = None,
) -> int:
    """Decide anew on all of these claims, which are whole families. How many have something to do.

    Only with auto-update on, and after `hold`. `arrived` is metadata that qualify but for this, of
    a DOI that there may be no claim on yet.
    """
    members = _members(orcid, related, arrived, lock=True)
    changed = [
        _write(orcid, member, why=why, news=member.work is arrived, by=by, now=now)
        for group in _groups(members)
        for member, why in _decided(orcid, person, group, policy)
    ]
    return sum(changed)


def family_of(work: Work, orcid: OrcidId, person: Standing, *, policy: Policy) -> Family | None:
    """The versions of this work that come into question for the person, to explain the choice."""
    if person.versions == Versions.GROUPED:
        return None
    related = metadata.relatives(orcid, {work.doi, *other_versions(work)})
    members = _members(orcid, related, work)
    members[work.doi] = msgspec.structs.replace(members[work.doi], refused=False)
    mine = next(group for group in _groups(members) if work.doi in group)
    return _family(mine, _qualifying(orcid, person, mine, policy))


def _members(
    orcid: OrcidId, related: Collection[Doi], arrived: Work | None, *, lock: bool = False
) -> dict[Doi, Member]:
    works = metadata.works(related)
    if arrived is not None:
        works[arrived.doi] = arrived
    held = ledger.holdings_of(orcid, works, lock=lock)
    known = presence.known(works)
    return {
        doi: Member(
            work,
            held.get(doi),
            hidden=doi in known and known[doi].hidden,
            refused=_refused(held.get(doi), arrived if work is arrived else None),
        )
        for doi, work in works.items()
    }


def _refused(held: Holding | None, news: Work | None) -> bool:
    if held is None or held.state != State.FAILED or held.there:
        return False
    return news is None or version_of(news) == held.version != ""


def _groups(members: Mapping[Doi, Member]) -> list[dict[Doi, Member]]:
    named = {doi: other_versions(member.work) for doi, member in members.items()}
    return [{doi: members[doi] for doi in sorted(group)} for group in families(named)]


def _decided(
    orcid: OrcidId, person: Standing, group: Mapping[Doi, Member], policy: Policy
) -> list[tuple[Member, str]]:
    """Those that a rule may add or take off, and why they shall be off; empty: they shall be there.

    What is on the record stays until the one that takes its place is there, too.
    """
    qualify = _qualifying(orcid, person, group, policy)
    known = _family(group, qualify)
    codes = {doi: choose(doi, wanted=person.versions.value, known=known)[0] for doi in qualify}
    ready = any(_on_record(group[doi]) for doi, code in codes.items() if code not in REASONS)
    return [
        (group[doi], REASONS.get(code, "") if ready or not _is_there(group[doi]) else "")
        for doi, code in codes.items()
        if may_move(group[doi].held)
    ]


def _is_there(member: Member) -> bool:
    """On the record, or perhaps, and not on its way off."""
    return member.held is not None and member.held.there and not member.held.unwanted_for


def _on_record(member: Member) -> bool:
    return member.held is not None and member.held.on_record


def _family(group: Mapping[Doi, Member], qualify: Collection[Doi]) -> Family | None:
    return family([member.work for member in group.values()], qualify=qualify)


def _qualifying(
    orcid: OrcidId, person: Standing, group: Mapping[Doi, Member], policy: Policy
) -> list[Doi]:
    return [doi for doi, member in group.items() if _counts(orcid, person, member, policy)]


def _counts(orcid: OrcidId, person: Standing, member: Member, policy: Policy) -> bool:
    """Whether it comes into question, apart from the other versions.

    What the person took off the record does: an older version does not take its place. What
    stays on the record against the rules does, too. What ORCID refuses does not.
    """
    held = member.held
    if member.refused:
        return False
    if held is not None:
        stays = member.hidden or held.unnamed or not may_move(held)
        if stays and not held.unwanted_for:
            return True
        if held.unwanted_for == BLOCKED:
            return False
    if member.hidden:
        return False
    judged = evaluate(member.work, orcid, policy=policy, person=person_facts(person))
    return judged.verdict in (Verdict.SEND, Verdict.HOLD)


def _write(orcid: OrcidId, member: Member, *, why: str, news: bool, by: str, now: datetime) -> bool:
    """Whether there is work to do."""
    held, work = member.held, member.work
    was = held.unwanted_for if held else ""
    wants = held is None or bool(was)  # it is off, or there is no claim
    if why and wants and was == why:
        return False
    changed = False
    if wants or (news and not why):
        version = version_of(work)
        origin = Origin.AUTO_UPDATE
        changed = ledger.want(orcid, work.doi, origin=origin, by=by, now=now, version=version)
    if why:
        changed = ledger.unwant(orcid, work.doi, reason=why, by=by, now=now)
    return changed
