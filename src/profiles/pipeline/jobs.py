"""The jobs: their names, their times and nothing else. Whatever a job does may be done twice."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.job_context import JobContext
from procrastinate.jobs import Status

from ..claims import attempts, leases, locks
from ..errors import Misconfigured, ProfilesError, UnexpectedAnswer, Unreachable
from ..people import accounts, closing, grants, renewal
from ..values.orcid_id import OrcidId
from . import asking, invitations, presence, revising, webhooks
from .deliver import deliver
from .erasure import CLOSE, go_on
from .harvest import harvest
from .invitations import INVITE
from .nudge import BACKGROUND, CLICK, DELIVER, HOUSEKEEPING, RECONCILE, nudge, outstanding
from .reconcile import reconcile
from .refreshing import see_to_ends
from .revising import REVISE
from .services import services
from .tell import TELL, tell
from .webhooks import WATCH

log = logging.getLogger(__name__)

FEED = "feed"
WINDOW = 200  # persons nudged at a time, so that the queue stays short whatever the backlog
DOUBTFUL_FOR = 300  # seconds until a lost call that had done nothing has surely done nothing
HEARTBEAT = 3  # seconds
STALLED_AFTER = 12  # seconds without a heartbeat: the worker is dead


def _every(seconds: int) -> str:
    """As cron writes it; the sixth field is seconds."""
    return f"* * * * * */{seconds}" if seconds < 60 else f"*/{seconds // 60} * * * *"


@app.task(name=DELIVER, pass_context=True)
def deliver_job(context: JobContext, orcid: str) -> None:
    who, priority = OrcidId(orcid), context.job.priority
    delivered = deliver(who, services(), stop=context.should_abort)
    if delivered.busy and priority == CLICK:
        nudge([who], priority=CLICK, seconds=1)  # a person waits: as soon as the record is free
    elif delivered.more:  # to the end of the queue
        insists = leases.insists(who, now=timezone.now())
        nudge([who], priority=CLICK if insists else BACKGROUND)
    if delivered.doubtful:
        nudge([who], job=RECONCILE, seconds=DOUBTFUL_FOR)


@app.task(name=RECONCILE)
def reconcile_job(orcid: str) -> None:
    """Not now is no loss: it is compared another time."""
    try:
        reconcile(OrcidId(orcid), services())
    except (Unreachable, UnexpectedAnswer, Misconfigured) as error:
        log.warning("reconcile: %s", error.message)


@app.periodic(cron="*/10 * * * *")
@app.task(name="reconcile_some", queueing_lock="reconcile_some", priority=HOUSEKEEPING)
def reconcile_some_job(timestamp: int) -> None:
    """Everybody in the course of a week, a few at a time."""
    now = timezone.now()
    week_ago = now - timedelta(days=7)
    nudge(grants.compared_before(week_ago, limit=WINDOW, now=now), job=RECONCILE)


@app.periodic(cron=_every(settings.PROFILES.harvest_seconds))
@app.task(name="harvest", queueing_lock="harvest", priority=HOUSEKEEPING)
def harvest_job(timestamp: int) -> None:
    """An outage of DataCite is no accident of ours: the next harvest goes on where this one stopped."""
    with locks.held("harvest") as mine:
        if not mine:
            return
        try:
            harvest(services())
        except (Unreachable, UnexpectedAnswer) as error:
            log.warning("harvest: %s", error.message)


@app.periodic(cron=_every(2))
@app.task(name=FEED, queueing_lock=FEED, priority=HOUSEKEEPING)
def feed_job(timestamp: int, after: str = "") -> None:
    """Nudge those whose claims are due, everybody in turn.

    Only so many are nudged at a time; as long as there are more it goes on every second.
    """
    if not after and outstanding(FEED):
        return  # another goes on where it stopped
    room = WINDOW - outstanding(DELIVER)
    if room > 0:
        due = leases.due_orcids(now=timezone.now(), limit=room, after=after)
        nudge(due.orcids)
        after = due.after
        if not after:  # everybody was looked at
            return
    with suppress(AlreadyEnqueued):
        on = feed_job.configure(queueing_lock="feed on", schedule_in={"seconds": 1})
        on.defer(timestamp=timestamp, after=after)


@app.periodic(cron=_every(5))
@app.task(name="sweep", queueing_lock="sweep", priority=HOUSEKEEPING)
def sweep_job(timestamp: int) -> None:
    """Take back leases that ran out, and let somebody look at those in hands that may be dead."""
    leases.sweep(now=timezone.now())
    nudge(leases.orcids_in_hand())


@app.periodic(cron="17 3 * * *")
@app.task(name="clear_sessions", queueing_lock="clear_sessions", priority=HOUSEKEEPING)
def clear_sessions_job(timestamp: int) -> None:
    call_command("clearsessions")


@app.periodic(cron=_every(10))
@app.task(name="drop_stalled", queueing_lock="drop_stalled", priority=HOUSEKEEPING)
async def drop_stalled_job(timestamp: int) -> None:
    """End the jobs of dead workers. What they had in hand comes again: a job is only a nudge."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        log.warning("the worker of job %s (%s) is dead", job.id, job.task_name)
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)


@app.periodic(cron="* * * * *")
@app.task(name="presence", queueing_lock="presence")
def presence_job(timestamp: int) -> None:
    """A few of the DOIs that people have on their records: are they still public?"""
    with locks.held("presence") as mine:
        if not mine:
            return
        try:
            found = presence.look(services())
        except (Unreachable, UnexpectedAnswer) as error:
            log.warning("presence: %s", error.message)
            return
        if found.trouble:
            log.warning("presence: %s", found.trouble)


@app.task(name=TELL)
def tell_job(orcid: str) -> None:
    tell(OrcidId(orcid))


@app.periodic(cron="*/10 * * * *")
@app.task(name="tell_some", queueing_lock="tell_some", priority=HOUSEKEEPING)
def tell_some_job(timestamp: int) -> None:
    """Those whom the mail server would not let us tell before."""
    nudge(renewal.whom_to_tell(now=timezone.now(), limit=WINDOW), job=TELL)


@app.periodic(cron="* * * * *")
@app.task(name="see_to_ends", queueing_lock="see_to_ends", pass_context=True)
def see_to_ends_job(context: JobContext, timestamp: int) -> None:
    """Permissions are renewed before they end, or their owners warned."""
    see_to_ends(stop=context.should_abort)


@app.task(name=CLOSE, pass_context=True)
def close_job(context: JobContext, orcid: str) -> None:
    """Not now is no loss: an account that is being closed is looked at every minute."""
    try:
        go_on(OrcidId(orcid), services(), stop=context.should_abort)
    except ProfilesError as error:
        log.warning("the account of %s is being closed: %s", orcid, error.message)


@app.periodic(cron="* * * * *")
@app.task(name="close_some", queueing_lock="close_some", priority=HOUSEKEEPING)
def close_some_job(timestamp: int) -> None:
    nudge(closing.closing_orcids(limit=WINDOW), job=CLOSE)


@app.task(name=REVISE)
def revise_job(orcid: str) -> None:
    revising.go_on(OrcidId(orcid))


@app.periodic(cron="* * * * *")
@app.task(name="revise_some", queueing_lock="revise_some", priority=HOUSEKEEPING)
def revise_some_job(timestamp: int) -> None:
    """Those whose claims do not follow their choice of versions yet: an earlier job was interrupted."""
    nudge(accounts.unsettled(limit=WINDOW), job=REVISE)


@app.task(name=INVITE)
def invite_job(orcid: str) -> None:
    """Ask somebody in the ORCID inbox, or hand over what waited for them."""
    if asking.turn(OrcidId(orcid), services(), now=timezone.now()):
        nudge([OrcidId(orcid)], job=INVITE, priority=CLICK)


@app.periodic(cron=_every(10 if settings.PROFILES.orcid_notifications else 60))
@app.task(name="invite_some", queueing_lock="invite_some", priority=HOUSEKEEPING)
def invite_some_job(timestamp: int) -> None:
    """Also when nobody is asked any more: who joined gets what waited."""
    nudge(invitations.due(now=timezone.now(), limit=WINDOW), job=INVITE)


@app.periodic(cron="27 3 * * *")
@app.task(name="clear_invitations", queueing_lock="clear_invitations", priority=HOUSEKEEPING)
def clear_invitations_job(timestamp: int) -> None:
    invitations.clear(now=timezone.now())


@app.task(name=WATCH)
def watch_job(orcid: str) -> None:
    """Ask ORCID to tell us of changes of this record, or no more."""
    webhooks.turn(OrcidId(orcid), services(), now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="follow_permissions", queueing_lock="follow_permissions", priority=HOUSEKEEPING)
def follow_permissions_job(timestamp: int) -> None:
    """Listen to the records of all who permit it, and to no others."""
    webhooks.follow(now=timezone.now(), limit=10 * WINDOW)


@app.periodic(cron=_every(10 if settings.PROFILES.orcid_webhooks else 60))
@app.task(name="watch_some", queueing_lock="watch_some", priority=HOUSEKEEPING)
def watch_some_job(timestamp: int) -> None:
    """What ORCID is to be told, also when it is to call no more; and what it told us of."""
    now = timezone.now()
    webhooks.nudge_due(now=now, limit=WINDOW)
    webhooks.look(now=now, limit=WINDOW)


@app.periodic(cron="37 3 * * *")
@app.task(name="drop_attempts", queueing_lock="drop_attempts", priority=HOUSEKEEPING)
def drop_attempts_job(timestamp: int) -> None:
    """Calls to ORCID are kept for a time; a claim's own history is not touched."""
    kept = timedelta(days=settings.PROFILES.keep_attempts_days)
    dropped = attempts.drop_before(timezone.now() - kept)
    log.info("%d old calls to ORCID dropped", dropped)
