"""The worker process: runs jobs until it is told to stop."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .jobs import HEARTBEAT, STALLED_AFTER


def run(concurrency: int) -> None:
    """Run until SIGINT or SIGTERM; the jobs in hand are finished first."""
    worker = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    worker.run_worker(
        concurrency=concurrency,
        delete_jobs="successful",
        shutdown_graceful_timeout=20,
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=STALLED_AFTER,
    )
