"""Where the feed of changed DOIs stopped. Only `harvest` writes it."""

from __future__ import annotations

from django.db import models


class FeedPosition(models.Model):
    """One row per source: what the feed needs to go on after any interruption."""

    source = models.CharField(max_length=40, primary_key=True)
    done = models.DateTimeField()  # every change up to here is in the ledger
    since = models.DateTimeField(null=True)  # the window begun and not yet read to its end
    until = models.DateTimeField(null=True)
    cursor = models.TextField(blank=True)  # the next page of that window
    read_at = models.DateTimeField()  # when the source last answered

    def __str__(self) -> str:
        return f"{self.source} read up to {self.done:%Y-%m-%dT%H:%M:%SZ}"
