"""The simulators go on where they were stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiles.errors import Misconfigured
from profiles.simulator import server

JOSIAH = "0000-0002-1825-0097"
WORK = {
    "title": {"title": {"value": "Cracked pots"}},
    "type": "data-set",
    "external-ids": {
        "external-id": [
            {
                "external-id-type": "doi",
                "external-id-value": "10.5555/pots",
                "external-id-relationship": "self",
            }
        ]
    },
}


def test_they_remember_works_tokens_and_dois(tmp_path: Path) -> None:
    file = tmp_path / "home" / "simulators"
    first = server.start(memory_file=file)
    client = first.orcid_client.id
    token = first.orcid.grant(JOSIAH, client_id=client, scope="/activities/update")
    put_code = first.orcid.add_work(JOSIAH, WORK, client_id=client).put_code
    first.datacite.register({"doi": "10.5555/pots", "titles": [{"title": "Cracked pots"}]})
    dois = len(first.datacite.store.entries)
    first.clock.advance(3600)
    first.stop()

    second = server.start(memory_file=file)
    second.stop()
    (work,) = second.orcid.works_of(JOSIAH)
    assert work["put-code"] == put_code
    assert token.access in {each.access for each in second.orcid.registry.live_tokens(JOSIAH)}
    assert len(second.datacite.store.entries) == dois  # and not seeded a second time
    assert second.clock.now() == pytest.approx(second.datacite.store.clock.now(), abs=1)
    assert second.orcid.add_work(JOSIAH, WORK).put_code > put_code
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_memory_is_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "simulators"
    file.write_bytes(b"something else")
    with pytest.raises(Misconfigured, match="Delete it"):
        server.start(memory_file=file)
