"""The ledger's tables. Only `ledger` writes them and only `queries` reads them for others."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from .reasons import BLOCKED
from .states import Origin, State, Wanted

_ORCID_SHAPE = r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$"


def _one_of(field: str, values: type[State] | type[Wanted] | type[Origin]) -> Q:
    return Q(**{f"{field}__in": [str(value) for value in values]})


class Claim(models.Model):
    """Person × DOI: what is wanted, what ORCID has, and why."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    orcid = models.CharField(max_length=19)
    doi = models.TextField()  # canonical: lower case
    origin = models.CharField(max_length=20)
    wanted = models.CharField(max_length=10, default=Wanted.PRESENT)
    unwanted_for = models.CharField(max_length=40, blank=True)  # the reason, when absent is wanted
    # Blocked by staff: what was wanted until then ("present", or why not). Empty: not blocked.
    before_block = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=40, blank=True)  # a code of reasons.REASONS
    message = models.TextField(blank=True)  # what ORCID or we said, word for word
    due_at = models.DateTimeField(null=True)  # when waiting
    attempts = models.IntegerField(default=0)  # tries since the last success or new wish
    serial = models.IntegerField(default=1)  # goes up with every wish
    insisted = models.BooleanField(default=False)  # the last wish was the person's own
    by_hand = models.BooleanField(default=False)  # the person added it: no rule takes it off
    # Its metadata no longer name the person, who chose to keep such works.
    unnamed_since = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)  # when working
    lease = models.UUIDField(null=True)  # only its holder may settle

    # What ORCID has
    put_code = models.BigIntegerField(null=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    api_client = models.CharField(max_length=200, blank=True)  # the source of that work
    alone = models.BooleanField(default=False)  # to be added by itself, not in one call with others
    # An addition or removal was sent and its answer is not known: look at the record before anything.
    unsure = models.BooleanField(default=False)
    sent_at = models.DateTimeField(null=True)  # when ORCID last took something of this claim

    work_version = models.TextField(blank=True)  # of the metadata last looked at
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["orcid", "doi"], name="claim_once"),
            models.CheckConstraint(condition=Q(orcid__regex=_ORCID_SHAPE), name="claim_orcid"),
            models.CheckConstraint(condition=Q(doi=Lower("doi")), name="claim_doi_lower"),
            models.CheckConstraint(condition=_one_of("state", State), name="claim_state"),
            models.CheckConstraint(condition=_one_of("wanted", Wanted), name="claim_wanted"),
            models.CheckConstraint(condition=_one_of("origin", Origin), name="claim_origin"),
            models.CheckConstraint(
                condition=Q(state=State.WORKING, lease__isnull=False, lease_until__isnull=False)
                | (~Q(state=State.WORKING) & Q(lease__isnull=True, lease_until__isnull=True)),
                name="claim_lease",
            ),
            models.CheckConstraint(
                condition=Q(state=State.WAITING, due_at__isnull=False)
                | (~Q(state=State.WAITING) & Q(due_at__isnull=True)),
                name="claim_due",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.DONE) | Q(wanted=Wanted.PRESENT, put_code__isnull=False),
                name="claim_done_has_put_code",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.REMOVED, State.DECLINED])
                | Q(put_code__isnull=True, unsure=False),
                name="claim_left_is_off_the_record",
            ),
            # Nothing but lifting the block makes it wanted again, whoever writes.
            models.CheckConstraint(
                condition=(Q(before_block="") & ~Q(unwanted_for=BLOCKED))
                | (
                    ~Q(before_block="")
                    & Q(unwanted_for=BLOCKED, wanted=Wanted.ABSENT)
                    & ~Q(state__in=[State.PROPOSED, State.DONE, State.DECLINED])
                ),
                name="claim_blocked_is_unwanted",
            ),
        )
        indexes = (
            models.Index(fields=["doi"], name="claim_by_doi"),
            models.Index(fields=["orcid", "state"], name="claim_by_orcid_state"),
            models.Index(fields=["due_at"], name="claim_due_at", condition=Q(state=State.WAITING)),
            # Whose claims wait, person after person, and each person's in the order they are due.
            models.Index(
                fields=["orcid", "due_at"], name="claim_due_of", condition=Q(state=State.WAITING)
            ),
            models.Index(
                fields=["lease_until"], name="claim_leases", condition=Q(state=State.WORKING)
            ),
        )

    def __str__(self) -> str:
        return f"{self.orcid} × {self.doi}: {self.state}"


class Change(models.Model):
    """One event in a claim's life: the history that people read."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    event = models.CharField(max_length=20)
    state = models.CharField(max_length=10)  # the state it led to
    reason = models.CharField(max_length=40, blank=True)
    by = models.CharField(max_length=60)  # an iD, "staff:…" or a part of the service
    note = models.TextField(blank=True)  # why, in the words of support staff, for support staff

    class Meta:
        indexes = (models.Index(fields=["claim", "at"], name="change_by_claim"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.event} → {self.state}"


class Attempt(models.Model):
    """One call to ORCID, for each claim that it was about. Never a token."""

    orcid = models.CharField(max_length=19)
    # Null: about the whole record, as when it is read to compare it.
    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="tries", null=True)
    at = models.DateTimeField()
    api_client = models.CharField(max_length=200)  # who asked: our ORCID client
    verb = models.CharField(max_length=10)
    fingerprint = models.CharField(max_length=64, blank=True)
    status = models.IntegerField(null=True)  # null: no answer came
    error_code = models.IntegerField(null=True)
    outcome = models.CharField(max_length=40)
    milliseconds = models.IntegerField()

    class Meta:
        indexes = (
            models.Index(fields=["claim", "at"], name="attempt_by_claim"),
            models.Index(fields=["orcid"], name="attempt_of_record", condition=Q(claim=None)),
            # Attempts are kept for a time. They are written in the order of time, so that an index
            # of blocks is enough to find the old ones.
            BrinIndex(fields=["at"], name="attempt_at"),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.status} {self.outcome}"


class StoredWork(models.Model):
    """The last metadata seen of a DOI that somebody has a claim on."""

    doi = models.TextField(primary_key=True)
    metadata_version = models.IntegerField(null=True)
    source_updated = models.CharField(max_length=40, blank=True)  # ISO 8601, as the source says
    title = models.TextField(blank=True)  # plain, for lists
    content = models.BinaryField()  # values.Work as JSON
    versions = ArrayField(models.TextField(), default=list)  # the DOIs that it names as such
    checked_at = models.DateTimeField(null=True)  # when it was last seen whether it is findable
    hidden_since = models.DateTimeField(null=True)  # it was no longer findable when we looked

    class Meta:
        indexes = (
            GinIndex(fields=["versions"], name="work_by_version", fastupdate=False),
            models.Index(fields=["checked_at"], name="work_checked_at"),
        )

    def __str__(self) -> str:
        return self.doi
