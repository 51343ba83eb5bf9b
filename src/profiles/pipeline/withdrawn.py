"""What becomes of works whose DOI no longer names the person, or is no longer public."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from ..claims import ledger, presence
from ..claims.ledger import Holding
from ..claims.states import Mark, Origin
from ..people.permissions import Purpose
from ..people.preferences import Withdrawn
from ..people.standing import Standing, standings
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from ..values.work import Work
from . import versions
from .facts import may_move
from .nudge import nudge
from .services import services

BY = "auto-update"


class Kind(StrEnum):
    """How a work is withdrawn."""

    UNNAMED = "unnamed"  # the metadata no longer name the person
    HIDDEN = "hidden"  # the DOI is no longer public


class Fate(StrEnum):
    """What it means for one claim."""

    NOTHING = "nothing"  # it is off already, or leaving
    STAYS = "stays"  # with a mark
    LEAVES = "leaves"
    RETURNS = "returns"  # it left for this alone, and the person would rather keep it


class Outlook(StrEnum):
    """The same for its owner, who asks what happens to it."""

    STAYS_BY_HAND = "stays_by_hand"
    STAYS_IMPORTED = "stays_imported"  # it was there before us
    STAYS_UNTIL_REPLACED = "stays_until_replaced"  # by another version, which is not there yet
    HIDDEN_STAYS = "hidden_stays"
    HIDDEN_LEAVES = "hidden_leaves"
    HIDDEN_WAITS = "hidden_waits"  # it is not added while it is hidden
    HIDDEN_OFF = "hidden_off"  # it was taken off until it is public again
    UNNAMED_STAYS = "unnamed_stays"
    UNNAMED_LEAVES = "unnamed_leaves"


REASONS: dict[Kind, str] = {Kind.UNNAMED: "left_metadata", Kind.HIDDEN: "doi_hidden"}

# Which withdrawn works stay on the record, by the person's preference; the others leave.
KEPT: dict[Withdrawn, frozenset[Kind]] = {
    Withdrawn.MARK: frozenset({Kind.HIDDEN}),
    Withdrawn.REMOVE: frozenset(),
    Withdrawn.KEEP: frozenset(Kind),
}


def fate(kind: Kind, preference: Withdrawn, held: Holding, *, auto_update: bool) -> Fate:
    """The decision. Pure.

    What is kept was on the record: a work that has not got there yet does not go there any more.
    What was added by hand no rule takes off, what was there before us only by the person's choice,
    and with auto-update off nothing happens by itself.
    """
    imported = held.origin == Origin.IMPORT
    kept = kind in KEPT[preference]
    if held.unwanted_for:
        back = (
            kind == Kind.HIDDEN and held.unwanted_for == REASONS[kind] and (held.sent or imported)
        )
        return Fate.RETURNS if back and kept and auto_update else Fate.NOTHING
    if not may_move(held) or not auto_update:
        return Fate.STAYS
    if imported and preference != Withdrawn.REMOVE:
        return Fate.STAYS
    return Fate.STAYS if kept and held.there else Fate.LEAVES


def outlook(
    kind: Kind, preference: Withdrawn, held: Holding, *, auto_update: bool
) -> Outlook | None:
    """What to tell; None where nothing happens, or what happens has another reason. Pure."""
    hidden = kind == Kind.HIDDEN
    match fate(kind, preference, held, auto_update=auto_update):
        case Fate.STAYS if not may_move(held):
            return Outlook.STAYS_BY_HAND
        case Fate.STAYS if held.origin == Origin.IMPORT and not hidden:
            return Outlook.STAYS_IMPORTED
        case Fate.STAYS if held.there:
            return Outlook.HIDDEN_STAYS if hidden else Outlook.UNNAMED_STAYS
        case Fate.LEAVES if held.there:
            return Outlook.HIDDEN_LEAVES if hidden else Outlook.UNNAMED_LEAVES
        case Fate.LEAVES if hidden:
            return Outlook.HIDDEN_WAITS
        case Fate.NOTHING | Fate.RETURNS if held.unwanted_for == REASONS[Kind.HIDDEN] and hidden:
            return Outlook.HIDDEN_OFF
    return None


def hidden(doi: Doi, *, asked_at: datetime, now: datetime, sure: bool = True) -> int:
    """DataCite had no public record of it when it was asked. How many claims have something to do.

    Where that is not `sure` it is marked, and nothing leaves the record. Safe to repeat, also where
    the person has brought a work back since.
    """
    with transaction.atomic():
        people = standings(ledger.holdings(doi), Purpose.AUTO_UPDATE, now=now, lock=True)
        held = ledger.holdings(doi)  # now that nobody decides anything about them
        if not held:
            return 0
        if presence.hide(doi, asked_at=asked_at, sure=sure):
            ledger.note_of_all(doi, Mark.HIDDEN, by=BY, now=now)
        elif not sure or presence.hidden_since(doi) is None:
            return 0
        changed = {
            orcid: _leave(orcid, person, doi, held[orcid], now=now)
            for orcid, person in people.items()
            if orcid in held and (sure or not held[orcid].there)
        }
        nudge(orcid for orcid, count in changed.items() if count)
    return sum(changed.values())


def _leave(orcid: OrcidId, person: Standing, doi: Doi, held: Holding, *, now: datetime) -> int:
    """How many claims have something to do, those of other versions among them."""
    related = versions.hold(orcid, [doi]) if versions.chooses(person) else frozenset()
    count = _settle(orcid, [(doi, Kind.HIDDEN, held)], person, by=BY, now=now)
    if related:  # another may come in the place of what leaves
        policy = services().policy
        count += versions.settle(orcid, person, related, policy=policy, by=BY, now=now)
    return count


def registered(work: Work, *, now: datetime) -> int:
    """The record itself says that it is hidden: that is told only to an account with DataCite."""
    known = presence.known([work.doi]).get(work.doi)
    if known is not None and known.is_ahead_of(work):
        return 0
    return hidden(work.doi, asked_at=now, now=now)


def shown(doi: Doi, *, now: datetime) -> None:
    """It is public again. Its metadata are then for `match.accept`, which wants back what left."""
    with transaction.atomic():
        if presence.show(doi):
            ledger.note_of_all(doi, Mark.PUBLIC, by=BY, now=now)


def is_public(work: Work, *, now: datetime, seen_now: bool) -> bool:
    """Whether metadata that were public may be acted on.

    Not where they may be from before the DOI was hidden: DataCite's search can lag behind. Then we
    look again soon.
    """
    since = presence.hidden_since(work.doi)
    if since is None:
        return True
    if not seen_now and not presence.is_later(work.updated, since):
        presence.look_again(work.doi)
        return False
    shown(work.doi, now=now)
    return True


def marked(orcid: OrcidId) -> frozenset[Doi]:
    """The person's works that are withdrawn in one way or the other."""
    return frozenset(each.doi for each in ledger.withdrawn_holdings(orcid))


def settle_marked(
    orcid: OrcidId, person: Standing, dois: Collection[Doi], *, by: str, now: datetime
) -> int:
    """Of these, the marked works after a new choice of what shall become of them.

    Only under the lock on the person's account. How many claims have something to do.
    """
    works = [
        (each.doi, _kind(each.held, person.withdrawn, is_hidden=each.hidden), each.held)
        for each in ledger.withdrawn_holdings(orcid)
        if each.doi in dois and (each.sure or not each.hidden or not _is_there(each.held))
    ]
    return _settle(orcid, works, person, by=by, now=now)


def _is_there(held: Holding) -> bool:
    return held.there and not held.unwanted_for


def _kind(held: Holding, preference: Withdrawn, *, is_hidden: bool) -> Kind:
    """Of a work that is withdrawn in both ways, the one for which it would leave."""
    unnamed_leaves = held.unnamed and Kind.UNNAMED not in KEPT[preference]
    return Kind.HIDDEN if is_hidden and not unnamed_leaves else Kind.UNNAMED


def _settle(
    orcid: OrcidId,
    works: Iterable[tuple[Doi, Kind, Holding]],
    person: Standing,
    *,
    by: str,
    now: datetime,
) -> int:
    """How many claims have something to do."""
    fates = {
        doi: (kind, fate(kind, person.withdrawn, held, auto_update=person.auto_update))
        for doi, kind, held in works
    }
    leave = {doi: REASONS[kind] for doi, (kind, what) in fates.items() if what == Fate.LEAVES}
    back = [doi for doi, (_, what) in fates.items() if what == Fate.RETURNS]
    count = ledger.unwant_all(orcid, leave, by=by, now=now) if leave else 0
    return count + (ledger.bring_back_all(orcid, back, by=by, now=now) if back else 0)
