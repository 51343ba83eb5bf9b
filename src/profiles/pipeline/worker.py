"""The worker process: runs jobs until it is told to stop."""

from __future__ import annotations

from procrastinate.contrib.django import app


def run(concurrency: int) -> None:
    """Run until SIGINT or SIGTERM; the jobs in hand are finished first."""
    with_connector = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    with_connector.run_worker(
        concurrency=concurrency,
        delete_jobs="successful",
        shutdown_graceful_timeout=20,
    )
