"""What was asked of a simulator: a bounded request log, write counters, the pace of callers."""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

KEPT = 100_000

# Values of these parameters never reach the log.
SECRET_PARAMETERS = frozenset(
    {"access_token", "refresh_token", "token", "code", "client_secret", "code_verifier", "state"}
)
WRITE = re.compile(r"/v3\.0/(\d{4}-\d{4}-\d{4}-\d{3}[\dX])/")
WRITING = frozenset({"POST", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class Entry:
    at: float
    method: str
    path: str
    query: str
    status: int  # 0: the connection was broken without an answer
    ms: float


def safe_query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(k, "…" if k in SECRET_PARAMETERS else v) for k, v in pairs])


class Journal:
    """The log, and how many writes were under way at once for each record."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.concurrent_writes: Counter[str] = Counter()  # now
        self.most_concurrent_writes: Counter[str] = Counter()  # ever

    def begin(self, method: str, path: str) -> str:
        """The iD whose record this request writes to, or nothing."""
        found = WRITE.match(path) if method in WRITING else None
        if found is None:
            return ""
        orcid = found[1]
        self.concurrent_writes[orcid] += 1
        now = self.concurrent_writes[orcid]
        self.most_concurrent_writes[orcid] = max(now, self.most_concurrent_writes[orcid])
        return orcid

    def end(self, orcid: str, entry: Entry) -> None:
        if orcid:
            self.concurrent_writes[orcid] -= 1
        self.entries.append(entry)


class Bucket:
    """A leaky bucket per caller: `rate` a second, `burst` at once.

    It always counts who was too fast, and refuses only when it is switched on.
    """

    def __init__(self, *, rate: float, burst: int, enforced: bool = False) -> None:
        self.rate = rate
        self.burst = burst
        self.enforced = enforced
        self.violations = 0
        self._level: dict[str, tuple[float, float]] = {}

    def allows(self, caller: str, now: float) -> bool:
        level, since = self._level.get(caller, (0.0, now))
        level = max(0.0, level - (now - since) * self.rate)
        if level + 1 > self.burst + 1:
            self.violations += 1
            self._level[caller] = (level, now)
            return not self.enforced
        self._level[caller] = (level + 1, now)
        return True
