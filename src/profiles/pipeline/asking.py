"""One person who has not signed up, at a time: ask in the ORCID inbox, wait, hand over what waits.

A notification is written down before it is sent. One whose answer is lost is looked for in ORCID's
list of ours before anything is sent again, so that nobody is asked twice.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.db.models import F, QuerySet

from ..delivery.notifications import Sent
from ..delivery.outcomes import Answer
from ..errors import MalformedRecord, NotFound, ProfilesError, UnexpectedAnswer, Unreachable
from ..people import accounts, client_tokens, wiring
from ..people.permissions import Purpose, requested_scope
from ..people.rounds import callback_path
from ..people.standing import standing
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from . import invitations, inviting, own_calls
from .inviting import Event, State, Told, Waiting
from .match import accept
from .models import Invitation, WaitingDoi
from .services import Services

log = logging.getLogger(__name__)

AT_A_TIME = 25  # DOIs handed over in one turn


def turn(orcid: OrcidId, services: Services, *, now: datetime) -> bool:
    """What is due for this person. Whether there is more to do at once."""
    mine = Invitation.objects.filter(orcid=orcid, due_at__lte=now)
    if accounts.having_accounts([orcid]):
        invitations.move(mine.exclude(state=State.JOINED), Event.JOIN, now=now)
    elif invitations.left_alone([orcid], now=now):
        mine.delete()  # the account was closed while it came in
    row = mine.first()
    if row is None:
        return False
    match State(row.state):
        case State.JOINED:
            return _hand_over(row, services, now=now)
        case _ if not settings.PROFILES.orcid_notifications:
            pass  # switched off since the job was queued
        case State.COLLECTING | State.SENDING:
            _ask(row, services, now=now)
        case _:
            news = row.waiting.filter(told=False).exists()
            event = Event.REST_OVER_WITH_NEWS if news else Event.REST_OVER
            invitations.move(mine, event, now=now)
    return False


# --- asking ---


def _ask(row: Invitation, services: Services, *, now: datetime) -> None:
    if not row.waiting.exists():
        invitations.move(_as_it_is(row), Event.EMPTY, now=now)
        return
    wait = _take_back(row, services, now=now)
    if wait is not None:
        _as_it_is(row).update(due_at=now + wait)
        return
    is_new = row.state == State.COLLECTING
    try:
        own_calls.enter(services)
        if not _begin(row, now=now):
            return  # another worker was first
        row.refresh_from_db()
        told, put_code = (None, None) if is_new else _look(row, services, now=now)
        if told is None:
            if not is_new:
                own_calls.enter(services)
            told, put_code = _send(row, services, now=now)
    except own_calls.TROUBLE as error:
        log.warning("asking for permission: %s", error.message)
        _as_it_is(row).update(due_at=now + _pause(error))
        return
    _settle(row, told, put_code, now=now)


def _as_it_is(row: Invitation) -> QuerySet[Invitation]:
    """Nothing, where another worker has it in hand."""
    return Invitation.objects.filter(orcid=row.orcid, state=row.state, due_at=row.due_at)


def _pause(error: ProfilesError) -> timedelta:
    asked = error.retry_after if isinstance(error, Unreachable) else None
    return timedelta(seconds=asked) if asked else inviting.OUR_DOING


def _begin(row: Invitation, *, now: datetime) -> bool:
    """Whether it is ours. From now on it may be in the inbox."""
    step = inviting.after(State(row.state), Event.BEGIN, now=now)
    if step is None:
        return False
    new, due_at = step
    if row.state == new:  # again, under the same key
        return bool(_as_it_is(row).update(due_at=due_at, tries=F("tries") + 1))
    fresh = {"since": now, "key": uuid.uuid4(), "tries": 1}
    return bool(_as_it_is(row).update(state=new, due_at=due_at, **fresh))


def _look(row: Invitation, services: Services, *, now: datetime) -> tuple[Told | None, int | None]:
    """What became of the last try. None: it is not at ORCID, so it can be sent."""
    orcid = OrcidId(row.orcid)
    ours: tuple[Sent, ...] = ()

    def look(token: str) -> Answer:
        nonlocal ours
        answer, ours = services.notifications.ours(orcid, token=token)
        return answer

    answer = own_calls.make(orcid, look, services, scope=client_tokens.NOTIFY, now=now)
    if answer.status != 200 or answer.foreign:
        return inviting.judge(answer), None
    found = next((sent for sent in ours if _is_of(sent, row)), None)
    return (Told(Event.SENT), found.put_code) if found else (None, None)


def _is_of(sent: Sent, row: Invitation) -> bool:
    states = parse_qs(urlsplit(sent.address).query).get("state", [])
    return any(invitations.key_of(state) == row.key for state in states)


def _send(row: Invitation, services: Services, *, now: datetime) -> tuple[Told, int | None]:
    told_of = row.waiting.filter(found_at__lte=row.since)
    newest = told_of.order_by("-found_at", "-pk")[: inviting.MOST_ITEMS]
    body = inviting.message(
        [Waiting(Doi(each.doi), each.title) for each in newest],
        count=told_of.count(),
        address=_address(row),
    )
    orcid = OrcidId(row.orcid)
    answer = own_calls.make(
        orcid,
        lambda token: services.notifications.send(orcid, body, token=token),
        services,
        scope=client_tokens.NOTIFY,
        now=now,
    )
    told = inviting.judge(answer)
    if told.ours:
        log.error("ORCID refuses our notifications: %s %s", answer.status, answer.text)
    return told, answer.put_code


def _address(row: Invitation) -> str:
    if row.key is None:
        raise UnexpectedAnswer("an invitation without a key is being sent")
    return inviting.authorize_address(
        endpoint=wiring.orcid_server().metadata().authorization_endpoint,
        client_id=wiring.purpose_client(Purpose.AUTO_UPDATE).id,
        scope=requested_scope(Purpose.AUTO_UPDATE),
        redirect_uri=wiring.config().base_url + callback_path(Purpose.AUTO_UPDATE),
        state=invitations.state_for(row.key),
    )


def _settle(row: Invitation, told: Told, put_code: int | None, *, now: datetime) -> None:
    """The person may have answered already; then only the put-code is news."""
    mine = Invitation.objects.filter(orcid=row.orcid, key=row.key)
    if told.event == Event.LATER:
        later = now + inviting.again_after(told, tries=row.tries)
        mine.filter(state=State.SENDING).update(due_at=later)
        return
    if told.event == Event.SENT:
        mine.update(put_code=put_code)
        row.waiting.filter(found_at__lte=row.since).update(told=True)
    invitations.move(mine.filter(state=State.SENDING), told.event, now=now)


# --- who joined ---


def _hand_over(row: Invitation, services: Services, *, now: datetime) -> bool:
    """The waiting DOIs go to matching, as if they had just been changed; the message is taken back."""
    orcid = OrcidId(row.orcid)
    mine = Invitation.objects.filter(orcid=orcid, state=State.JOINED)
    is_on = standing(orcid, Purpose.AUTO_UPDATE, now=now).auto_update
    for each in row.waiting.order_by("pk")[:AT_A_TIME] if is_on else ():
        try:
            _accept(each, services, now=now)
        except (Unreachable, UnexpectedAnswer) as error:
            log.warning("handing over %s: %s", each.doi, error.message)
            mine.update(due_at=now + inviting.LOOK)
            return False
        each.delete()
    if is_on and row.waiting.exists():
        return True
    wait = _take_back(row, services, now=now)
    if wait is not None and now < row.since + inviting.TAKE_BACK:
        mine.update(due_at=now + wait)
    elif is_on:
        mine.delete()
    else:
        invitations.move(mine, Event.LATER, now=now)
    return False


def _accept(each: WaitingDoi, services: Services, *, now: datetime) -> None:
    try:
        work = services.datacite.work(Doi(each.doi))
    except (NotFound, MalformedRecord) as error:
        log.info("not handed over: %s", error.message)
        return
    accept(work, policy=services.policy, now=now)


# --- taking back ---


def _take_back(row: Invitation, services: Services, *, now: datetime) -> timedelta | None:
    """The last notification leaves the inbox. None: there is none (any more). Else when to try again."""
    orcid, put_code = OrcidId(row.orcid), row.put_code
    if put_code is None:
        return None
    try:
        own_calls.enter(services)
        answer = own_calls.make(
            orcid,
            lambda token: services.notifications.archive(orcid, put_code, token=token),
            services,
            scope=client_tokens.NOTIFY,
            now=now,
        )
    except own_calls.TROUBLE as error:
        log.info("a notification stays in the inbox: %s", error.message)
        return _pause(error)
    if not inviting.is_gone(answer):
        return inviting.judge(answer).wait
    Invitation.objects.filter(orcid=row.orcid, put_code=put_code).update(put_code=None)
    return None
