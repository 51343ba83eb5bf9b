"""The pace's table. Only `pace` reads and writes it."""

from __future__ import annotations

from django.db import models


class Pace(models.Model):
    """One row per ORCID client id."""

    api_client = models.CharField(max_length=200, primary_key=True)
    tat = models.DateTimeField()  # theoretical arrival time of the next request (GCRA)
    failures = models.IntegerField(default=0)  # in a row, of all workers together
    open_until = models.DateTimeField(null=True)  # the breaker: nobody sends before
    probing = models.BooleanField(default=False)  # one request is out to see whether ORCID is well

    def __str__(self) -> str:
        return f"{self.api_client} at {self.tat}"
