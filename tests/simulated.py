"""The simulators as the whole test run sees them: fixed addresses, started when first needed.

The service under test reads its configuration once, before any test. So the ports are chosen then,
and the simulators come to listen there later.
"""

from __future__ import annotations

import socket
from functools import cache
from typing import NamedTuple

from profiles.simulator import seed, server
from profiles.simulator.server import Simulation


class Ports(NamedTuple):
    service: int
    orcid: int
    globus: int
    datacite: int


@cache
def ports() -> Ports:
    """Four that are free now; chosen together, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in Ports._fields]
    found = Ports(*(each.getsockname()[1] for each in sockets))
    for each in sockets:
        each.close()
    return found


def environment() -> dict[str, str]:
    """What points the service at the simulators, before they run."""
    orcid = f"http://localhost:{ports().orcid}"
    return {
        "PROFILES_BASE_URL": f"http://localhost:{ports().service}",
        "ORCID_URL": orcid,
        "ORCID_API_URL": orcid,
        "ORCID_PUBLIC_API_URL": orcid,
        "ORCID_CLIENT_ID": seed.ORCID_CLIENT[0],
        "ORCID_CLIENT_SECRET": seed.ORCID_CLIENT[1],
        "GLOBUS_URL": f"http://localhost:{ports().globus}",
        "GLOBUS_CLIENT_ID": seed.GLOBUS_CLIENT[0],
        "GLOBUS_CLIENT_SECRET": seed.GLOBUS_CLIENT[1],
        "DATACITE_API_URL": f"http://localhost:{ports().datacite}",
    }


def start() -> Simulation:
    chosen = ports()
    return server.start(
        orcid_port=chosen.orcid,
        globus_port=chosen.globus,
        datacite_port=chosen.datacite,
        service_url=f"http://localhost:{chosen.service}",
    )
