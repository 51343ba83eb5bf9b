"""Getting and giving back permission at ORCID: the rounds of rounds.py, carried out."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction

from ..config import Client
from ..errors import NotAnOrcidId, ProfilesError, UnexpectedAnswer
from ..values import orcid_id
from ..values.orcid_id import OrcidId
from . import grants, renewal, wiring
from .id_token import Assertions
from .models import Person
from .openid_server import Tokens
from .permissions import Purpose, TokenReply, missing_scopes
from .refusals import NotVerified, StaleRound
from .renewal import Renewable
from .rounds import LIFETIME, Round, authorize_url, callback_path, is_answered_by, keep
from .sealing import Secret

logger = logging.getLogger(__name__)

_KEY = "orcid_permission_rounds"


def begin(
    session: SessionBase,
    *,
    person: Person,
    purpose: Purpose,
    return_to: str,
    now: datetime,
    switch_on: bool = False,
) -> str:
    """The address at ORCID where the person decides. Raises Misconfigured, Unreachable.

    With `switch_on` the permission, once given, is also meant as the wish for auto-update.
    """
    client = wiring.purpose_client(purpose)
    asked = Round(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        purpose=purpose,
        person_sub=str(person.sub),
        orcid=OrcidId(person.orcid or ""),
        return_to=return_to,
        switches_on=switch_on,
        expires_at=now + LIFETIME,
    )
    endpoint = wiring.orcid_server().metadata().authorization_endpoint
    session[_KEY] = msgspec.to_builtins(keep(_read(session), asked, now=now))
    return authorize_url(
        asked, endpoint=endpoint, client_id=client.id, redirect_uri=_redirect_uri(purpose)
    )


def take(
    session: SessionBase, *, state: str, purpose: Purpose, person: Person, now: datetime
) -> Round:
    """The round that this state belongs to, once and never again. Raises StaleRound.

    The session's row is locked meanwhile: of two callbacks that arrive together only one may
    redeem the code, for a code used twice loses its tokens.
    """
    with transaction.atomic():
        row = Session.objects.select_for_update().filter(session_key=session.session_key).first()
        stored = _read(row.get_decoded()) if row else {}
        asked = stored.pop(state, None)
        session[_KEY] = msgspec.to_builtins(stored)
        session.save()
    if asked is None or not is_answered_by(
        asked, purpose=purpose, person_sub=str(person.sub), now=now
    ):
        raise StaleRound("the permission round")
    return asked


def complete(
    asked: Round,
    *,
    person: Person,
    code: str,
    now: datetime,
    granted: Callable[[OrcidId], object],
) -> tuple[str, ...]:
    """Redeems the code and keeps the grant, if it is of the expected iD; which scopes are missing.

    `granted` is called in the same transaction: what waits for permission goes on with it or not
    at all.

    Raises DifferentOrcidId, AccountClosed, StaleRound, NotVerified, Unreachable, Misconfigured. A
    token that is not kept is given back, whatever the matter is.
    """
    client = wiring.purpose_client(asked.purpose)
    server = wiring.orcid_server()
    tokens = server.redeem(
        code, client=client, redirect_uri=_redirect_uri(asked.purpose), verifier=None, now=now
    )
    try:
        told = server.verified(tokens.id_token, client=client, nonce=asked.nonce, now=now)
        reply = _reply(tokens, told, client)
        with transaction.atomic():
            grants.store_grant(person, asked.purpose, reply, now)
            granted(reply.orcid)
    except Exception:
        _give_back(tokens.access_token, client)
        raise
    return missing_scopes(asked.purpose, reply.scope)


def _reply(tokens: Tokens, told: Assertions, client: Client) -> TokenReply:
    if told.sub != tokens.orcid:
        raise NotVerified("ORCID's id_token and token speak of different iDs")
    return TokenReply(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        scope=tokens.scope,
        expires_at=tokens.expires_at,
        orcid=_orcid(told.sub),
        name=tokens.name or "",
        api_client=client.id,
    )


def _give_back(token: Secret, client: Client) -> None:
    """A token for which we have no use."""
    try:
        wiring.orcid_server().revoke(token, client=client)
    except ProfilesError as error:
        # What the person needs to hear is the other thing; the token is dropped all the same.
        logger.warning(
            "a token that is not kept could not be given back (%s): %s",
            token.fingerprint,
            error,
        )


def renew(old: Renewable, *, now: datetime) -> None:
    """New tokens for the grant's refresh token.

    ORCID disables the old tokens at once: only for who is writing to the record, so that nobody is
    using them at this moment. Should we die between ORCID's answer and the next line, the old
    refresh token is refused at the next try, and the person is asked again.

    Raises StaleRound where the permission is no more; Unreachable, UnexpectedAnswer, Misconfigured
    where nothing is known of that.
    """
    client = wiring.client_of(old.api_client)
    new = wiring.orcid_server().refresh(old.refresh_token, client=client, now=now)
    of_another = new.orcid is not None and new.orcid != old.orcid
    if of_another or not renewal.store_renewed(old, new, now=now):
        _give_back(new.access_token, client)
    if of_another:
        raise UnexpectedAnswer("ORCID renewed a token with one for another iD")


def withdraw(person: Person, purpose: Purpose | None, *, reason: str, now: datetime) -> None:
    """Gives every token for the purpose (or for all) back to ORCID, then forgets it.

    Raises what ORCID's refusal means; a token that is not given back is then still kept.
    """
    trouble: ProfilesError | None = None
    for grant_id in grants.holding(person, purpose):
        try:
            _withdraw(grant_id, reason=reason, now=now)
        except ProfilesError as error:
            trouble = error
    if trouble is not None:
        raise trouble


def _withdraw(grant_id: UUID, *, reason: str, now: datetime) -> None:
    """A worker may renew the token meanwhile: then the new one is given back, too."""
    while held := grants.held_token(grant_id):
        with suppress(StaleRound):  # ORCID knows nothing of it any more
            wiring.orcid_server().revoke(held.token, client=wiring.client_of(held.api_client))
        grants.forget_token(held, reason=reason, now=now)


def _read(kept: SessionBase | dict[str, object]) -> dict[str, Round]:
    try:
        return msgspec.convert(kept.get(_KEY, {}), dict[str, Round])
    except msgspec.ValidationError:  # of an earlier version of this service
        return {}


def _redirect_uri(purpose: Purpose) -> str:
    return wiring.config().base_url + callback_path(purpose)


def _orcid(subject: str) -> OrcidId:
    try:
        return orcid_id.parse(subject)
    except NotAnOrcidId as error:
        raise NotVerified("ORCID's subject is not an ORCID iD") from error
