"""The tables of people. Written by `accounts` and `grants` alone; ways in are allauth's SocialAccount."""

from __future__ import annotations

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.db import models
from django.db.models import Q

from .permissions import GrantState, Purpose
from .preferences import Versions, Withdrawn
from .profile import Role

ORCID_SHAPE = r"^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$"
# Plain texts, so that migrations do not hang on our code.
ACTIVE = GrantState.ACTIVE.value
ENDED = [GrantState.REVOKED.value, GrantState.EXPIRED.value]
GROUPED, MARK = Versions.GROUPED.value, Withdrawn.MARK.value
ROLES = [role.value for role in Role]
PURPOSES = [purpose.value for purpose in Purpose]
STATES = [state.value for state in GrantState]
VERSIONS = [choice.value for choice in Versions]
WITHDRAWN = [choice.value for choice in Withdrawn]


def unusable_password() -> str:
    """A new one per person: Django's session hash hangs on it, so changing it ends all sessions."""
    return make_password(None)


class Person(AbstractBaseUser):
    """One account. It may sign in several ways; it has at most one ORCID iD."""

    id = models.BigAutoField(primary_key=True)
    # What sister services know the person by: survives a change of iD, name and way in.
    sub = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Null until ORCID itself has said whose it is.
    orcid = models.CharField(max_length=19, unique=True, null=True)  # noqa: DJ001 (unique)
    name = models.CharField(max_length=500, blank=True)
    given_name = models.CharField(max_length=250, blank=True)
    family_name = models.CharField(max_length=250, blank=True)
    other_names = models.JSONField(default=list, blank=True)
    organization = models.CharField(max_length=500, blank=True)
    email = models.EmailField(blank=True)
    github = models.CharField(max_length=100, blank=True)
    role = models.CharField(max_length=20, default=Role.USER.value)
    provider_id = models.CharField(max_length=100, blank=True)
    client_id = models.CharField(max_length=100, blank=True)
    auto_update = models.BooleanField(default=False)
    versions = models.CharField(max_length=10, default=GROUPED)
    withdrawn = models.CharField(max_length=10, default=MARK)
    # Since when the claims do not all follow the choice of versions; null: they do.
    unsettled_since = models.DateTimeField(null=True)
    is_active = models.BooleanField(default=True)
    # An account that is being closed is not active any more, and is erased when all is done.
    closing_since = models.DateTimeField(null=True)
    removes_works = models.BooleanField(default=False)  # first, before the tokens are given back
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    password = models.CharField(max_length=128, default=unusable_password, editable=False)

    objects = BaseUserManager["Person"]()

    USERNAME_FIELD = "sub"

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(orcid__regex=ORCID_SHAPE), name="person_orcid_shape"
            ),
            models.CheckConstraint(condition=Q(role__in=ROLES), name="person_role"),
            models.CheckConstraint(condition=Q(versions__in=VERSIONS), name="person_versions"),
            models.CheckConstraint(condition=Q(withdrawn__in=WITHDRAWN), name="person_withdrawn"),
            # Nobody signs in with a password here.
            models.CheckConstraint(
                condition=Q(password__startswith="!"),  # noqa: S106
                name="person_no_password",
            ),
            models.CheckConstraint(
                condition=Q(closing_since__isnull=True) | Q(is_active=False),
                name="person_closing_is_not_active",
            ),
        )
        indexes = (
            models.Index(
                fields=["closing_since"],
                name="person_closing",
                condition=Q(closing_since__isnull=False),
            ),
            models.Index(
                fields=["unsettled_since"],
                name="person_unsettled",
                condition=Q(unsettled_since__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.name or self.orcid or "a person without an ORCID iD"


class Grant(models.Model):
    """What a person allowed us at ORCID, for one purpose. Tokens stand here sealed only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="grants")
    purpose = models.CharField(max_length=20)
    api_client = models.CharField(max_length=200)
    orcid = models.CharField(max_length=19)
    # Empty once the token has been given back to ORCID.
    sealed_access_token = models.TextField(blank=True)
    sealed_refresh_token = models.TextField(blank=True)
    # Start of the access token's SHA-256: names a token in a log without telling it.
    fingerprint = models.CharField(max_length=16)
    # As ORCID returned it, which may be less than we asked for.
    scope = models.CharField(max_length=500, blank=True)
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default=ACTIVE)
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=100, blank=True)
    last_success_at = models.DateTimeField(null=True)
    compared_at = models.DateTimeField(null=True)  # the ledger with the record
    told_at = models.DateTimeField(null=True)  # when the person was told that it ended
    renewed_at = models.DateTimeField(null=True)  # when its tokens were last renewed
    warned_at = models.DateTimeField(null=True)  # when the person was told that it will end
    due_at = models.DateTimeField(null=True)  # when its end has to be seen to next (lifetimes.py)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["person", "purpose"],
                condition=Q(state=ACTIVE),
                name="grant_one_active",
            ),
            models.CheckConstraint(condition=Q(purpose__in=PURPOSES), name="grant_purpose"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="grant_state"),
            models.CheckConstraint(condition=Q(orcid__regex=ORCID_SHAPE), name="grant_orcid_shape"),
            models.CheckConstraint(
                condition=Q(state=ACTIVE, ended_at__isnull=True)
                | (~Q(state=ACTIVE) & Q(ended_at__isnull=False)),
                name="grant_ended_when_not_active",
            ),
            models.CheckConstraint(
                condition=~Q(state=ACTIVE) | ~Q(sealed_access_token=""),
                name="grant_active_has_token",
            ),
        )
        indexes = (
            models.Index(fields=["orcid", "state"], name="grant_orcid_state"),
            models.Index(fields=["due_at"], name="grant_due_at", condition=Q(state=ACTIVE)),
            models.Index(
                fields=["ended_at"],
                name="grant_untold",
                condition=Q(state__in=ENDED, told_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} of {self.orcid} ({self.state}, token {self.fingerprint})"
