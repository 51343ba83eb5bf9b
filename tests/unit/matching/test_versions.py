"""Which DOIs belong together, which stands for all of them, and which is the newest."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.matching import Family, PersonFacts, evaluate, families, family
from profiles.matching.versions import newest, version_key
from profiles.values.dates import PartialDate
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId
from profiles.values.vocabulary import other_versions
from profiles.values.work import Contributor, RelatedId, Title, Work

CARBERRY = OrcidId("0000-0002-1825-0097")


def doi(name: str) -> Doi:
    return Doi(f"10.5555/{name}")


def work(name: str, *related: str, **facts: Any) -> Work:
    """Relations as "IsVersionOf concept"."""
    relations = [each.split() for each in related]
    return Work(
        doi=doi(name),
        state="findable",
        titles=(Title("Tides"),),
        creators=(Contributor("Josiah Carberry", orcids=(CARBERRY,)),),
        related=tuple(RelatedId(kind, "DOI", doi(to), doi(to)) for kind, to in relations),
        **facts,
    )


def on(day: int, name: str, *related: str, **facts: Any) -> Work:
    return work(name, *related, registered=f"2026-05-{day:02}T10:00:00Z", **facts)


def together(*works: Work) -> list[list[str]]:
    found = families({each.doi: other_versions(each) for each in works})
    return sorted(sorted(one.removeprefix("10.5555/") for one in members) for members in found)


CONCEPT = on(1, "c", "HasVersion v1", "HasVersion v2", "HasVersion v3")
ZENODO = tuple(on(day, f"v{day}", "IsVersionOf c") for day in (1, 2, 3))
CHAIN = (
    work("a"),
    work("b", "IsNewVersionOf a", "IsPreviousVersionOf x"),
    work("x", "IsNewVersionOf b"),
)
FIGSHARE = (
    on(1, "fig", "IsIdenticalTo fig.v1"),
    on(1, "fig.v1", "IsIdenticalTo fig"),
    on(9, "fig.v2", "IsPreviousVersionOf fig"),
    on(9, "fig.v10", "IsPreviousVersionOf fig"),
)

# remark, works, who belongs together
BELONGING = [
    ("nothing is named", (work("a"), work("b")), [["a"], ["b"]]),
    ("one names the other", (work("a"), work("b", "IsNewVersionOf a")), [["a", "b"]]),
    ("both name a third that we do not have",
     (work("a", "IsVersionOf c"), work("b", "IsVersionOf c")), [["a", "b"]]),
    ("a concept and its versions", (CONCEPT, *ZENODO), [["c", "v1", "v2", "v3"]]),
    ("a chain", CHAIN, [["a", "b", "x"]]),
    ("a chain whose middle we do not have",
     (work("a", "IsPreviousVersionOf m"), work("z", "IsNewVersionOf m")), [["a", "z"]]),
    ("two families that a later work joins",
     (work("a1", "IsVersionOf a"), work("b1", "IsVersionOf b"),
      work("j", "IsVersionOf a", "IsNewVersionOf b1")), [["a1", "b1", "j"]]),
    ("variants and identical ones", (work("a", "IsVariantFormOf b", "IsIdenticalTo d"),
     work("b"), work("d")), [["a", "b", "d"]]),
    ("citing is another thing", (work("a", "Cites b", "IsPartOf b"), work("b")), [["a"], ["b"]]),
    ("itself is no other", (work("a", "IsVersionOf a"),), [["a"]]),
]  # fmt: skip


@pytest.mark.parametrize(("works", "expected"), [row[1:] for row in BELONGING],
                         ids=[row[0] for row in BELONGING])  # fmt: skip
def test_who_belongs_together(works: tuple[Work, ...], expected: list[list[str]]) -> None:
    for order in permutations(works):
        assert together(*order) == expected


# remark, works, the newest, the DOI for all versions
FAMILIES: list[tuple[str, tuple[Work, ...], str, str]] = [
    ("concept and versions", (CONCEPT, *ZENODO), "v3", "c"),
    ("the concept does not list them", (on(9, "c"), *ZENODO), "v3", "c"),
    ("the versions do not name it", (CONCEPT, on(1, "v1"), on(2, "v2")), "v2", "c"),
    ("versions of a concept that does not qualify", ZENODO, "v3", ""),
    ("a concept that names itself", (on(9, "c", "IsVersionOf c"), *ZENODO), "v3", "c"),
    ("a chain", CHAIN, "x", ""),
    ("a chain, against the days",
     (on(9, "a"), on(5, "b", "IsNewVersionOf a"), on(1, "d", "IsNewVersionOf b")), "d", ""),
    ("figshare's base and versions", FIGSHARE, "fig.v10", "fig"),
    ("versions of versions: the root stands for all",
     (on(1, "a", "HasVersion b"), on(2, "b", "HasVersion d"), on(3, "d")), "d", "a"),
    ("they name each other as versions", (on(1, "a", "IsVersionOf b"), on(2, "b", "IsVersionOf a")),
     "b", ""),
    ("two concepts: the newer one",
     (on(1, "a", "HasVersion a1"), on(1, "a1"), on(5, "b", "HasVersion b1", "IsNewVersionOf a"),
      on(5, "b1")), "b1", "b"),
    ("nothing but concepts", (on(1, "a", "HasVersion x"), on(2, "b", "HasVersion x")), "b", "b"),
]  # fmt: skip


@pytest.mark.parametrize(("works", "last", "concept"), [row[1:] for row in FAMILIES],
                         ids=[row[0] for row in FAMILIES])  # fmt: skip
def test_the_newest_and_the_doi_for_all(works: tuple[Work, ...], last: str, concept: str) -> None:
    dois = [each.doi for each in works]
    expected = Family(newest=doi(last), concept=doi(concept) if concept else None)
    for order in permutations(works):
        assert family(order, qualify=dois) == expected


def test_only_those_that_qualify_count_but_all_tell_what_is_newer() -> None:
    known = (on(9, "a"), on(5, "b", "IsNewVersionOf a"), on(1, "d", "IsNewVersionOf b"))
    assert family(known, qualify=[doi("a"), doi("d")]) == Family(newest=doi("d"))
    assert family(known, qualify=[doi("d")]) is None
    assert family(known, qualify=[]) is None


DAY = {"registered": "2026-05-01T10:00:00Z"}

# remark, the newer, the older
NEWER: list[tuple[str, Work, Work]] = [
    ("by relation, whatever the rest says",
     on(1, "a", "IsNewVersionOf b", version="1"), on(2, "b", version="2")),
    ("the other way of saying it", on(1, "a"), on(2, "b", "IsPreviousVersionOf a")),
    ("over a third", on(1, "a", "IsNewVersionOf m"), on(2, "b", "IsPreviousVersionOf m")),
    ("in a circle nothing is newer", on(2, "a", "IsNewVersionOf b"), on(1, "b", "IsNewVersionOf a")),
    ("the later day of registration", on(2, "a", version="1"), on(1, "b", version="2")),
    ("the hour does not count before the version",
     work("a", registered="2026-05-01T08:00:00Z", version="2"),
     work("b", registered="2026-05-01T09:00:00Z", version="1")),
    ("the later publication, whatever the version",
     work("a", published=PartialDate(2026, 3), version="1", **DAY),
     work("b", published=PartialDate(2026, 2, 28), version="2", **DAY)),
    ("one day of registration is missing", work("a", published=PartialDate(2026)),
     on(1, "b", published=PartialDate(2025))),
    ("the higher version", work("a", version="v1.10", **DAY), work("b", version="1.9", **DAY)),
    ("one has no version: the hour", work("a", registered="2026-05-01T10:00:01Z"),
     work("b", version="2", **DAY)),
    ("figshare's version, whatever the hour",
     work("f.v10", registered="2026-05-01T10:00:00Z"), work("f.v2", registered="2026-05-01T10:00:09Z")),
    ("the higher number in the DOI", work("z.1000"), work("z.999")),
    ("the DOI", work("b"), work("a")),
]  # fmt: skip


@pytest.mark.parametrize(("new", "old"), [row[1:] for row in NEWER], ids=[row[0] for row in NEWER])
def test_which_is_the_newer(new: Work, old: Work) -> None:
    known = (new, old)
    assert newest([new, old], known=known) == newest([old, new], known=known) == new.doi


ASCENDING = ["0.9", "1", "1.0", "v1.0.1", "Version 1.2", "1.9", "1.10-rc1", "1.10", "2.0-alpha",
             "2.0-beta", "2.0", "2.0.post", "2.1", "2019a", "2019b", "2024-05-01",
             "2024-11-01"]  # fmt: skip


def test_versions_in_their_natural_order() -> None:
    keys = [version_key(text) or [] for text in ASCENDING]
    assert sorted(keys) == keys
    assert len({tuple(key) for key in keys}) == len(keys)
    assert [version_key(text) for text in ("", "v", " - ")] == [None] * 3


RELATIONS = ["IsVersionOf", "HasVersion", "IsNewVersionOf", "IsPreviousVersionOf", "IsIdenticalTo"]
names = st.sampled_from("abcde")


@st.composite
def some_works(draw: st.DrawFn) -> list[Work]:
    links = st.lists(st.tuples(st.sampled_from(RELATIONS), names), max_size=3)
    return [
        on(draw(st.integers(1, 3)), name, *(f"{kind} {to}" for kind, to in draw(links)))
        for name in draw(st.sets(names, min_size=1))
    ]


@given(some_works(), st.randoms(use_true_random=False))
def test_the_order_of_works_and_relations_changes_nothing(works: list[Work], chance: Any) -> None:
    mixed = list(works)
    chance.shuffle(mixed)
    assert together(*mixed) == together(*works)
    dois = [each.doi for each in works]
    found = family(works, qualify=dois)
    assert family(mixed, qualify=dois) == found
    assert (found is None) == (len(works) < 2)
    assert found is None or found.newest in dois


def chosen(versions: Any, own: str, facts: Family | None) -> tuple[str, tuple[str, ...]]:
    person = PersonFacts(permission="usable", versions=versions, family=facts)
    (outcome,) = [
        each
        for each in evaluate(work(own), CARBERRY, person=person).outcomes
        if each.rule == "R15i"
    ]
    return outcome.code, tuple(map(str, outcome.looked_at))


BOTH = Family(newest=doi("v3"), concept=doi("c"))
LONELY = Family(newest=doi("v3"))

# remark, the choice, the DOI, its family, the code
CHOICES: list[tuple[str, str, str, Family | None, str]] = [
    ("all", "grouped", "v1", BOTH, "all_versions"),
    ("nothing to choose from", "newest", "v1", None, "no_other_version"),
    ("nothing to choose from", "concept", "v1", None, "no_other_version"),
    ("newest", "newest", "v3", BOTH, "newest_version"),
    ("older", "newest", "v1", BOTH, "newer_version"),
    ("the concept is no version", "newest", "c", BOTH, "newer_version"),
    ("the concept", "concept", "c", BOTH, "concept_doi"),
    ("the newest, but no concept", "concept", "v3", BOTH, "only_concept"),
    ("no concept: the newest", "concept", "v3", LONELY, "newest_version"),
    ("no concept: an older one", "concept", "v1", LONELY, "newest_instead"),
]


@pytest.mark.parametrize(("versions", "own", "facts", "code"), [row[1:] for row in CHOICES],
                         ids=[f"{row[1]}: {row[0]}" for row in CHOICES])  # fmt: skip
def test_what_the_person_chose(versions: str, own: str, facts: Family | None, code: str) -> None:
    found, looked_at = chosen(versions, own, facts)
    assert found == code
    if code in ("newer_version", "newest_instead"):
        assert looked_at == ("newest version: 10.5555/v3",)
    if code == "only_concept":
        assert looked_at == ("stands for all versions: 10.5555/c",)
