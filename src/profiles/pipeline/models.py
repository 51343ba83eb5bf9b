"""Where the feed of changed DOIs stopped, who is to be asked for permission, whose records are watched."""

from __future__ import annotations

from django.db import models


class FeedPosition(models.Model):
    """One row per source: what the feed needs to go on after any interruption. `harvest` writes it."""

    source = models.CharField(max_length=40, primary_key=True)
    done = models.DateTimeField()  # every change up to here is in the ledger
    since = models.DateTimeField(null=True)  # the window begun and not yet read to its end
    until = models.DateTimeField(null=True)
    cursor = models.TextField(blank=True)  # the next page of that window
    read_at = models.DateTimeField()  # when the source last answered

    def __str__(self) -> str:
        return f"{self.source} read up to {self.done:%Y-%m-%dT%H:%M:%SZ}"


class Invitation(models.Model):
    """Somebody whose iD stands in DOIs and who has not signed up; `invitations` and `asking` write it.

    Nothing else is known of them.
    """

    orcid = models.CharField(max_length=19, primary_key=True)
    state = models.CharField(max_length=10)  # of inviting.State
    since = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # when to look at it again
    # Names one notification in its link; a new one for each.
    key = models.UUIDField(null=True, unique=True)
    put_code = models.BigIntegerField(null=True)  # of the notification, at ORCID
    tries = models.IntegerField(default=0)  # of sending this one

    class Meta:
        indexes = (models.Index(fields=["due_at"], name="invitation_due_at"),)

    def __str__(self) -> str:
        return f"{self.orcid}: {self.state}"


class WaitingDoi(models.Model):
    """A DOI that would go on the record of somebody who has not signed up."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="waiting")
    doi = models.TextField()
    title = models.TextField(blank=True)
    found_at = models.DateTimeField()
    told = models.BooleanField(default=False)  # stood in a notification, or was counted in it

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["invitation", "doi"], name="waiting_doi_once"),
        )
        indexes = (models.Index(fields=["doi"], name="waiting_doi_by_doi"),)

    def __str__(self) -> str:
        return f"{self.doi} for {self.invitation_id}"


class LeftAlone(models.Model):
    """Somebody who closed their account is not asked back at once; `invitations` writes it.

    Their iD does not stand here, only what it hashes to with our own secret.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    until = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["until"], name="left_alone_until"),)

    def __str__(self) -> str:
        return f"somebody, until {self.until:%Y-%m-%d}"


class Watch(models.Model):
    """A record whose changes ORCID tells us of; `webhooks` writes it."""

    orcid = models.CharField(max_length=19, primary_key=True)
    ended = models.BooleanField(default=False)  # to be given up at ORCID, then deleted here
    callback = models.TextField(blank=True)  # the address that ORCID has; empty: none yet
    mark = models.CharField(max_length=16, blank=True)  # of what that address was made from
    due_at = models.DateTimeField(null=True)  # when ORCID is to be told something
    tries = models.IntegerField(default=0)
    called_at = models.DateTimeField(null=True)  # the last change that no comparison has seen
    look_at = models.DateTimeField(null=True)  # when to compare
    looks = models.IntegerField(default=0)  # in vain since then

    class Meta:
        indexes = (
            models.Index(
                fields=["due_at"], name="watch_due_at", condition=models.Q(due_at__isnull=False)
            ),
            models.Index(
                fields=["look_at"], name="watch_look_at", condition=models.Q(look_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.orcid}{' (ended)' if self.ended else ''}"
