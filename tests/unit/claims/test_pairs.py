"""Which work on a record is which claim's: one for each at most, and never somebody else's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.claims.comparison import Known, Pairs, pair
from profiles.delivery.adoption import OwnWork
from profiles.values.doi import Doi

A, B = Doi("10.5555/a"), Doi("10.5555/b")


def claim(
    doi: Doi, put_code: int | None = None, *, number: int = 1, in_hand: bool = False
) -> Known:
    return Known(number, doi, put_code, in_hand)


def there(put_code: int, *dois: Doi) -> OwnWork:
    return OwnWork(put_code, "APP-1", dois)


class Case(NamedTuple):
    remark: str
    claims: tuple[Known, ...]
    works: tuple[OwnWork, ...]
    found: Mapping[int, int] = MappingProxyType({})  # claim → put-code
    new: tuple[tuple[Doi, int], ...] = ()
    spare: tuple[int, ...] = ()


CASES = (
    Case("nothing anywhere", (), ()),
    Case("known and there", (claim(A, 7),), (there(7, A),), {1: 7}),
    Case("known and gone", (claim(A, 7),), ()),
    Case("there, and not known to its claim", (claim(A),), (there(7, A),), {1: 7}),
    Case("there, and nobody's", (), (there(7, A),), new=((A, 7),)),
    Case("under another put-code", (claim(A, 7),), (there(9, A),), {1: 9}),
    Case("its DOI was changed there", (claim(A, 7),), (there(7, B),), {1: 7}),
    Case("its DOI cannot be read there", (claim(A, 7),), (there(7),), {1: 7}),
    Case("without any DOI and nobody's", (), (there(7),)),
    Case("twice: the known one stays", (claim(A, 9),), (there(7, A), there(9, A)), {1: 9}, (), (7,)),
    Case("twice and not known: the oldest stays", (claim(A),), (there(9, A), there(7, A)), {1: 7}, (), (9,)),
    Case("three times and nobody's", (), (there(9, A), there(7, A), there(8, A)), {}, ((A, 7),), (8, 9)),
    Case("two DOIs in one work, nobody's", (), (there(7, A, B),), new=((A, 7),)),
    Case(
        "two DOIs in one work, each with a claim: it is the claim's that knows it",
        (claim(A, 7), claim(B, number=2)),
        (there(7, A, B),),
        {1: 7},
    ),
    Case(
        "two DOIs in one work that no claim knows: each work has one claim",
        (claim(A), claim(B, number=2)),
        (there(7, A, B),),
        {1: 7},
    ),
    Case(
        "a second work for one of two DOIs goes, the other's claim keeps its own",
        (claim(A, 7), claim(B, 8, number=2)),
        (there(7, A, B), there(8, B), there(9, B)),
        {1: 7, 2: 8},
        (),
        (9,),
    ),
    Case(
        "a work for the second DOI of another one stays",
        (claim(A, 7),),
        (there(7, A, B), there(8, B)),
        {1: 7},
        ((B, 8),),
    ),
    Case(
        "the same where nobody knew of them",
        (),
        (there(7, A, B), there(8, B), there(9, A)),
        {},
        ((A, 7), (B, 8)),
        (9,),
    ),
    Case(
        "a work that says more than another one stays",
        (claim(A, 7),),
        (there(7, A), there(8, A, B)),
        {1: 7},
        ((B, 8),),
    ),
    Case(
        "the claim's work has another DOI by now, and another work has its DOI",
        (claim(A, 7),),
        (there(7, B), there(8, A)),
        {1: 8},
        ((B, 7),),
    ),
    Case(
        "whatever is in a worker's hands is left alone",
        (claim(A, in_hand=True),),
        (there(7, A), there(8, A)),
        {1: 7},
    ),
)  # fmt: skip


def codes(pairs: Pairs) -> tuple[dict[int, int], tuple[tuple[Doi, int], ...], tuple[int, ...]]:
    return (
        {one: work.put_code for one, work in pairs.found.items()},
        tuple((doi, work.put_code) for doi, work in pairs.new),
        tuple(work.put_code for _, work in pairs.spare),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.remark)
def test_pairs(case: Case) -> None:
    assert codes(pair(case.claims, case.works)) == (case.found, case.new, case.spare)


DOIS = st.sampled_from([Doi(f"10.5555/{letter}") for letter in "abcd"])
WORKS = st.dictionaries(st.integers(1, 9), st.lists(DOIS, max_size=3, unique=True))
CLAIMS = st.dictionaries(DOIS, st.tuples(st.none() | st.integers(1, 12), st.booleans()))


@given(CLAIMS, WORKS)
def test_no_work_is_counted_twice_and_nothing_goes_that_stands_alone(
    claimed: dict[Doi, tuple[int | None, bool]], on_record: dict[int, list[Doi]]
) -> None:
    seen: set[int | None] = set()
    claims = []
    for number, (doi, (code, in_hand)) in enumerate(claimed.items()):
        known = None if code in seen else code
        seen.add(code)
        claims.append(claim(doi, known, number=number, in_hand=in_hand))
    works = [there(code, *dois) for code, dois in on_record.items()]
    found, new, spare = codes(pair(claims, works))
    used = [*found.values(), *(code for _, code in new), *spare]
    assert len(used) == len(set(used))
    assert len({doi for doi, _ in new} | {one.doi for one in claims if one.id in found}) == len(
        new
    ) + len(found)
    kept = {one.doi for one in claims if one.id in found} | {doi for doi, _ in new}
    for code in spare:
        assert kept >= set(on_record[code])
    in_hand_dois = {one.doi for one in claims if one.in_hand}
    assert not any(in_hand_dois & set(on_record[code]) for code in spare)
    for one in claims:  # what a claim knows rightly is never taken from it
        if one.put_code in on_record and one.doi in on_record[one.put_code or 0]:
            assert found[one.id] == one.put_code
