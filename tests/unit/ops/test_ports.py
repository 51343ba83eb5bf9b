"""Where the web server may listen, what is at fault where it may not, and where nobody answers."""

from __future__ import annotations

import socket

import pytest

from profiles.ops.demo import answers
from profiles.ops.errors import CannotStart
from profiles.ops.ports import require_port


@pytest.mark.parametrize(
    "host",
    [
        "nonsense.invalid",  # no such name (RFC 6761)
        "192.0.2.1",  # somebody else's address
        "x" * 64 + ".example.org",  # longer than a name can be
        "1:2",  # neither a name nor an address
    ],
)
def test_a_host_that_is_not_ours_is_named_with_its_option(host: str) -> None:
    with pytest.raises(CannotStart, match="--host") as caught:
        require_port(host, 0)
    assert host in caught.value.message
    assert "--port" not in caught.value.message


def test_a_port_in_use_is_named_with_its_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"port {port} .* in use.*--port"):
            require_port("127.0.0.1", port)


def test_a_free_port_is_fine() -> None:
    require_port("127.0.0.1", 0)


def test_a_server_that_does_not_answer_in_time_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and does not listen
        port = silent.getsockname()[1]
        assert not answers(port, seconds=0.2)
    (line,) = capsys.readouterr().err.splitlines()
    assert f"http://localhost:{port} does not answer" in line
