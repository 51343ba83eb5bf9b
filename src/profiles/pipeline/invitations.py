"""Who has not signed up, and which DOIs wait for them: written down as metadata and answers come in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Case, DateTimeField, Q, QuerySet, Value, When
from django.db.models.functions import Cast
from django.utils.crypto import salted_hmac

from ..claims import attempts
from ..matching import Policy, Verdict, claimants, evaluate
from ..people import accounts
from ..values.orcid_id import OrcidId
from ..values.work import Work
from . import inviting
from .inviting import Event, State
from .models import Invitation, LeftAlone, WaitingDoi
from .nudge import CLICK, nudge

INVITE = "invite"  # the job: look at this invitation

SLICE = 1000  # rows in one transaction

# Of its own, so that no other signature of this service can pass for one.
_SALT = "profiles.invitation"


@transaction.atomic
def remember(work: Work, *, title: str, policy: Policy, now: datetime) -> None:
    """These metadata may name persons who have not signed up; one who is named no more has no DOI here.

    Does nothing unless notifications are on.
    """
    if not settings.PROFILES.orcid_notifications:
        return
    named = {orcid for orcid in claimants(work) if _qualifies(work, orcid, policy)}
    kept = WaitingDoi.objects.filter(doi=work.doi)
    kept.exclude(invitation__in=named).delete()
    known = set(kept.values_list("invitation_id", flat=True))
    new = sorted(_strangers(named, now=now) - known)
    if not new:
        return
    Invitation.objects.bulk_create(
        [Invitation(orcid=orcid, state=State.QUIET, since=now) for orcid in new],
        ignore_conflicts=True,
    )
    WaitingDoi.objects.bulk_create(
        [WaitingDoi(invitation_id=orcid, doi=work.doi, title=title, found_at=now) for orcid in new],
        ignore_conflicts=True,
    )
    move(Invitation.objects.filter(orcid__in=new), Event.FOUND, now=now)


def _strangers(named: set[OrcidId], *, now: datetime) -> set[OrcidId]:
    """Those who have no account, and did not close one lately."""
    # In this order: who has no account any more is to be left alone already.
    without = named - accounts.having_accounts(named)
    return without - left_alone(without, now=now)


def left_alone(orcids: Collection[OrcidId], *, now: datetime) -> frozenset[OrcidId]:
    """Those of them who are not to be asked at present, whatever comes in."""
    digests = {_digest(orcid): orcid for orcid in orcids}
    found = LeftAlone.objects.filter(digest__in=digests, until__gt=now)
    return frozenset(digests[digest] for digest in found.values_list("digest", flat=True))


def _qualifies(work: Work, orcid: OrcidId, policy: Policy) -> bool:
    """By the metadata alone."""
    return evaluate(work, orcid, policy=policy).verdict == Verdict.SEND


def move(rows: QuerySet[Invitation], event: Event, *, now: datetime) -> int:
    """Take those of the rows whose state the event changes to their new state. How many."""
    steps = {state: inviting.after(state, event, now=now) for state in State}
    known = {state: step for state, step in steps.items() if step is not None}
    if not known:
        return 0
    return rows.filter(state__in=known).update(
        state=Case(*(When(state=state, then=Value(new)) for state, (new, _) in known.items())),
        due_at=Cast(
            Case(*(When(state=state, then=Value(due)) for state, (_, due) in known.items())),
            DateTimeField(),
        ),
        since=now,
    )


def joined(orcid: OrcidId, *, now: datetime) -> None:
    """The person has an account, or has just switched auto-update on: what waits goes to matching."""
    with transaction.atomic():
        if move(Invitation.objects.filter(orcid=orcid), Event.JOIN, now=now):
            nudge([orcid], job=INVITE, priority=CLICK)


def denied(key: UUID, *, now: datetime) -> bool:
    """Remembered, so that the person is left alone."""
    return bool(move(Invitation.objects.filter(key=key), Event.DENY, now=now))


def due(*, now: datetime, limit: int) -> tuple[OrcidId, ...]:
    """Who is to be looked at, longest due first. Without notifications only those who joined."""
    rows = Invitation.objects.filter(due_at__lte=now).order_by("due_at")
    if not settings.PROFILES.orcid_notifications:
        rows = rows.filter(state=State.JOINED)
    return tuple(OrcidId(orcid) for orcid in rows.values_list("orcid", flat=True)[:limit])


def forget(orcid: OrcidId, *, now: datetime) -> None:
    """An erased person leaves nothing here that names them, and is not asked back for half a year."""
    Invitation.objects.filter(orcid=orcid).delete()
    until = now + inviting.DENIED
    LeftAlone.objects.update_or_create(digest=_digest(orcid), defaults={"until": until})


def clear(*, now: datetime) -> None:
    """Whose time is over leaves no trace at all; nor does a stranger while notifications are off."""
    LeftAlone.objects.filter(until__lte=now).delete()
    strangers = Invitation.objects.exclude(state=State.JOINED)
    if settings.PROFILES.orcid_notifications:
        never_asked = Q(key=None)
        too_late_for_a_no = Q(since__lte=now - inviting.DENIED)
        unnamed = strangers.filter(state=State.QUIET, waiting=None)
        strangers = unnamed.filter(never_asked | too_late_for_a_no)
    while _forget_some(strangers, now=now):
        pass


@transaction.atomic
def _forget_some(strangers: QuerySet[Invitation], *, now: datetime) -> bool:
    """Of who was asked only the pause stays. Whether there were any."""
    some = list(strangers.select_for_update(of=("self",))[:SLICE])
    pauses = [
        LeftAlone(digest=_digest(OrcidId(row.orcid)), until=row.due_at)
        for row in some
        if row.state in (State.ASKED, State.DENIED) and row.due_at and row.due_at > now
    ]
    LeftAlone.objects.bulk_create(pauses, ignore_conflicts=True)
    orcids = [OrcidId(row.orcid) for row in some]
    attempts.forget(orcids)
    Invitation.objects.filter(orcid__in=orcids).delete()
    return bool(some)


def _digest(orcid: OrcidId) -> str:
    return salted_hmac(_SALT, orcid, algorithm="sha256").hexdigest()


# --- the link in the notification ---


def state_for(key: UUID) -> str:
    """The `state` of the way back: names the invitation, and only we can have written it."""
    return signing.Signer(salt=_SALT).sign(key.hex)


def key_of(unverified_state: str) -> UUID | None:
    """None where it is no state of an invitation."""
    try:
        return UUID(hex=signing.Signer(salt=_SALT).unsign(unverified_state))
    except (signing.BadSignature, ValueError):
        return None
