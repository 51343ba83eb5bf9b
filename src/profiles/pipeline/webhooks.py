"""ORCID tells us when a record changes: where that is asked for, given up, and what a call leads to.

ORCID's call carries nothing and no signature, so the address it calls is signed. It only says "look
at this record"; what is found there goes the way of every comparison.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.crypto import constant_time_compare

from ..claims import attempts, queries
from ..errors import Unreachable
from ..people import accounts, client_tokens, grants, wiring
from ..people.permissions import Purpose
from ..values.orcid_id import OrcidId
from . import listening, own_calls
from .listening import Done
from .models import Watch
from .nudge import RECONCILE, nudge
from .services import Services

log = logging.getLogger(__name__)

WATCH = "watch"  # the job: tell ORCID what is due for this record

# Of its own, so that no other signature of this service can pass for one.
_SALT = "profiles.webhook"
_NO_RECORD = timedelta(days=30)


def callback(orcid: OrcidId) -> str:
    """The address that ORCID calls for this record."""
    return f"{settings.PROFILES.base_url}/webhooks/orcid/{orcid}/{_signature(orcid)}"


def is_genuine(orcid: str, unverified_signature: str) -> bool:
    return constant_time_compare(unverified_signature, _signature(orcid))


def _signature(orcid: str) -> str:
    return signing.Signer(salt=_SALT).signature(orcid)


def _mark() -> str:
    """Changes with all that the addresses are made of, and with the client that asks for them."""
    made_of = f"{settings.PROFILES.base_url} {wiring.client_id(Purpose.AUTO_UPDATE)}"
    return signing.Signer(salt=f"{_SALT}.mark").signature(made_of)[:16]


# --- what ORCID calls ---


def called(orcid: OrcidId, *, now: datetime) -> None:
    """This record has changed: look at it, soon. Cheap, and safe to repeat."""
    with transaction.atomic():
        watch = Watch.objects.select_for_update().filter(orcid=orcid, ended=False).first()
        if watch is None:
            return
        watch.called_at = now
        if watch.look_at is None:
            compared, wrote = grants.last_compared(orcid), queries.last_write(orcid)
            watch.look_at = listening.look_at(now=now, compared=compared, wrote=wrote)
            if watch.look_at <= now:
                watch.look_at = now + listening.pause(1)
                nudge([orcid], job=RECONCILE)
        watch.save(update_fields=["called_at", "look_at"])


def look(*, now: datetime, limit: int) -> int:
    """Compare the records whose time has come; forget the calls that a comparison has answered.

    One that cannot be read is tried at doubling pauses, about a day long.
    """
    due = Watch.objects.filter(look_at__lte=now).order_by("look_at")[:limit]
    unseen = []
    for watch in due:
        compared = grants.last_compared(OrcidId(watch.orcid))
        mine = Watch.objects.filter(orcid=watch.orcid, called_at=watch.called_at)
        seen = compared is not None and watch.called_at is not None and compared > watch.called_at
        if seen or watch.looks >= listening.TRIES:
            mine.update(called_at=None, look_at=None, looks=0)
        else:
            looks = watch.looks + 1
            mine.update(look_at=now + listening.pause(looks), looks=looks)
            unseen.append(OrcidId(watch.orcid))
    nudge(unseen, job=RECONCILE)
    return len(unseen)


# --- what ORCID is told ---


def begin(orcid: OrcidId, *, now: datetime) -> None:
    """Permission has just come: listen to the record from now on, if that is wanted and of use."""
    permitted = grants.permitted_orcids(now=now).filter(orcid=orcid)
    if not settings.PROFILES.orcid_webhooks or not permitted.exists():
        return
    with transaction.atomic():
        Watch.objects.bulk_create([Watch(orcid=orcid, due_at=now)], ignore_conflicts=True)
        Watch.objects.filter(orcid=orcid, ended=True).update(ended=False, due_at=now, tries=0)
        nudge([orcid], job=WATCH)


def follow(*, now: datetime, limit: int) -> None:
    """See whose records are to be listened to, and whose no more: a few thousand at a time."""
    watches = Watch.objects.filter(ended=False)
    if not settings.PROFILES.orcid_webhooks:
        _end(watches.values_list("orcid", flat=True)[:limit], now=now)
        return
    permitted = grants.permitted_orcids(now=now)
    # Tables of any size: each is gone through once, and nothing is looked for in a list.
    same = {"orcid": OuterRef("orcid")}
    new = permitted.filter(~Exists(Watch.objects.filter(**same)))[:limit]
    Watch.objects.bulk_create(
        [Watch(orcid=orcid, due_at=now) for orcid in new], ignore_conflicts=True
    )
    has_permitted = Exists(permitted.filter(**same))
    _end(watches.filter(~has_permitted).values_list("orcid", flat=True)[:limit], now=now)
    back = Watch.objects.filter(has_permitted, ended=True)
    back.update(ended=False, due_at=now, tries=0)
    watches.filter(due_at=None).exclude(mark=_mark()).update(due_at=now)


def nudge_due(*, now: datetime, limit: int) -> None:
    due = Watch.objects.filter(due_at__lte=now).order_by("due_at")
    nudge([OrcidId(orcid) for orcid in due.values_list("orcid", flat=True)[:limit]], job=WATCH)


def leave(orcid: OrcidId, *, now: datetime) -> None:
    """The person is gone: ORCID is told so, and then nothing of this is left here."""
    _end([orcid], now=now)
    Watch.objects.filter(orcid=orcid, callback="").delete()


def turn(orcid: OrcidId, services: Services, *, now: datetime) -> None:
    """Tell ORCID what is due for this record."""
    mine = Watch.objects.filter(orcid=orcid, due_at__lte=now)
    if not mine.exists():
        return
    try:
        own_calls.enter(services)
    except Unreachable as busy:  # that is no try
        mine.update(due_at=now + timedelta(seconds=busy.retry_after or 0))
        return
    # Whoever moves the time on has it in hand; should they die, it is due again.
    if not mine.update(due_at=now + listening.FIRST_PAUSE, tries=F("tries") + 1):
        return
    watch = Watch.objects.get(orcid=orcid)
    try:
        if watch.ended:
            _give_up(watch, services, now=now)
        else:
            _ask(watch, services, now=now)
    except own_calls.TROUBLE as error:
        log.warning("webhooks: %s", error.message)
        _later(watch, now=now)


def _ask(watch: Watch, services: Services, *, now: datetime) -> None:
    orcid, mark = OrcidId(watch.orcid), _mark()
    wanted = callback(orcid)
    if watch.callback not in ("", wanted):  # of an earlier key or address; best effort
        _remove(orcid, watch.callback, services, now=now)
        own_calls.enter(services)
    mine = Watch.objects.filter(orcid=orcid, ended=False)
    # Before ORCID has it: whatever it has is known here, and can be given up.
    if not mine.update(callback=wanted):
        return
    answer = own_calls.make(
        orcid,
        lambda token: services.webhooks.register(orcid, wanted, token=token),
        services,
        scope=client_tokens.LISTEN,
        now=now,
    )
    match listening.judge(answer):
        case Done.DONE:
            mine.update(mark=mark, due_at=None, tries=0)
        case Done.NEVER:
            mine.update(due_at=now + _NO_RECORD)
        case Done.LATER:
            log.warning("ORCID takes no webhook: %s %s", answer.status, answer.text)
            _later(watch, now=now)


def _give_up(watch: Watch, services: Services, *, now: datetime) -> None:
    orcid = OrcidId(watch.orcid)
    gone = not watch.callback or _remove(orcid, watch.callback, services, now=now)
    if gone or watch.tries >= listening.TRIES:
        Watch.objects.filter(orcid=orcid, ended=True).delete()
        if not accounts.having_accounts([orcid]):
            attempts.forget([orcid])
    else:
        _later(watch, now=now)


def _remove(orcid: OrcidId, address: str, services: Services, *, now: datetime) -> bool:
    answer = own_calls.make(
        orcid,
        lambda token: services.webhooks.remove(orcid, address, token=token),
        services,
        scope=client_tokens.LISTEN,
        now=now,
    )
    return listening.judge(answer) != Done.LATER


def _end(orcids: Iterable[str], *, now: datetime) -> None:
    rows = Watch.objects.filter(orcid__in=list(orcids), ended=False)
    rows.update(ended=True, due_at=now, tries=0, called_at=None, look_at=None, looks=0)


def _later(watch: Watch, *, now: datetime) -> None:
    mine = Watch.objects.filter(orcid=watch.orcid)
    mine.update(due_at=now + listening.pause(watch.tries))
