"""Whatever a record looks like, it is read and converted, or refused with one of our errors."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import orcid_xml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from profiles import conversion
from profiles.errors import MalformedRecord, NotConvertible
from profiles.sources.datacite import reading

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures/records"
RECORDS = [json.loads(file.read_bytes()) for file in sorted(FIXTURES.glob("*.json"))]
RECORDS = [record for record in RECORDS if len(json.dumps(record)) < 20_000]

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(
        ["", " ", "\x00", "\ufffe", "\u200b", ":unav", "<b>", "&lt;p&gt;", "10.5555/X", "ORCID",
         "10.5555/'", "0000-0002-1825-0097", "https://orcid.org/0000-0001-5109-3700", "2016/..",
         "http://x.example.org/a b", "https://[", "9" * 40, "x" * 6000, "IsVersionOf", "DOI"]
    ),
)  # fmt: skip
_JUNK = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A fixture with one to four values exchanged, wrapped or taken out."""
    record = copy.deepcopy(draw(st.sampled_from(RECORDS)))
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(record))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(["exchange", "wrap", "unwrap", "remove"])):
            case "exchange":
                holder[key] = draw(_JUNK)
            case "wrap":
                holder[key] = [holder[key], draw(_JUNK)]
            case "unwrap" if isinstance(holder[key], list) and holder[key]:
                holder[key] = holder[key][0]
            case _:
                del holder[key]
    return record


def _places(value: Any) -> Any:
    """Every (object, key) and (list, index) in it."""
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, inner in list(pairs):
        yield value, key
        yield from _places(inner)


@given(record=mutated())
@settings(max_examples=300, deadline=None)
def test_a_mutated_record_is_converted_or_refused(record: Any) -> None:
    try:
        rendered = conversion.render(conversion.convert(reading.read(json.dumps(record))))
    except (MalformedRecord, NotConvertible) as error:
        assert "\n" not in error.message  # noqa: PT017 - both ways out are right
    else:
        assert json.loads(rendered)["title"]["title"]["value"].strip()


@given(record=mutated())
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_a_mutated_record_converts_to_is_valid(shared: Path, record: Any) -> None:
    judge = _judge(shared)
    try:
        rendered = conversion.render(conversion.convert(reading.read(json.dumps(record))))
    except (MalformedRecord, NotConvertible):
        return
    assert orcid_xml.problems(rendered, judge) == []


@given(data=st.binary(max_size=60) | st.text(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes | str) -> None:
    for read in (reading.read, reading.read_page, reading.read_types):
        try:
            read(data)
        except MalformedRecord as error:
            assert "\n" not in error.message  # noqa: PT017


_JUDGES: dict[Path, etree.XMLSchema] = {}


def _judge(shared: Path) -> etree.XMLSchema:
    if shared not in _JUDGES:
        _JUDGES[shared] = orcid_xml.schema(shared)
    return _JUDGES[shared]
