"""The worker process: runs jobs until it is told to stop."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .jobs import HEARTBEAT, STALLED_AFTER

GRACE = 6  # seconds; the supervisor waits a little longer


def run(concurrency: int) -> None:
    """Run until SIGINT or SIGTERM; jobs in hand get a little time to end."""
    worker = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    worker.run_worker(
        concurrency=concurrency,
        delete_jobs="always",  # what went wrong is in the log and in the ledger
        shutdown_graceful_timeout=GRACE,
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=STALLED_AFTER,
    )
