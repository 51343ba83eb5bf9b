"""What the simulators remember between two runs: one file, read at start and written at stop."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

from ..errors import Misconfigured
from .clock import Clock
from .datacite.store import Store
from .globus.state import Accounts
from .orcid.state import Registry

FORMAT = 2  # goes up when an older file can no longer be read


@dataclass
class Memory:
    """Everything that has state. Pickled as one, so that all keep the same clock."""

    clock: Clock
    registry: Registry
    accounts: Accounts
    store: Store

    @classmethod
    def empty(cls) -> Memory:
        clock = Clock()
        return cls(clock, Registry(clock), Accounts(clock), Store(clock))


def load(file: Path) -> Memory | None:
    """None where there is no file yet. Only ever a file that `save` wrote: pickles can do anything.

    Raises Misconfigured.
    """
    if not file.exists():
        return None
    try:
        version, memory = pickle.loads(file.read_bytes())  # noqa: S301 (our own file, mode 600)
    except (pickle.UnpicklingError, AttributeError, EOFError, ImportError, ValueError) as error:
        raise Misconfigured(f"{file} cannot be read ({error})", hint="Delete it") from error
    if version != FORMAT or not isinstance(memory, Memory):
        raise Misconfigured(f"{file} is of another version of the simulators", hint="Delete it")
    return memory


def save(memory: Memory, file: Path) -> None:
    """Whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(pickle.dumps((FORMAT, memory)))
    fresh.replace(file)
