"""Dates are parsed, never sliced; of several the decided one is the day of publication."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.values import dates
from profiles.values.dates import PartialDate

TEXTS = [
    ("2016", "2016", "year"),
    ("2016-03", "2016-03", "month"),
    ("2016-02-29", "2016-02-29", "leap day"),
    (" 2016-03-01\n", "2016-03-01", "padded"),
    ("2016-03-01T10:20:30Z", "2016-03-01", "timestamp: its day"),
    ("2016-03-01T10:20:30.123+02:00", "2016-03-01", "timestamp with a zone"),
    ("2019-01-01 10:00:00.123", "2019-01-01", "timestamp with a blank"),
    ("2016/2017", "2016", "interval: its start"),
    ("2016-03/2017-01-05", "2016-03", "interval of mixed precision"),
    ("2016-03-01T10:20:30Z/..", "2016-03-01", "open end"),
    ("2016/", "2016", "unknown end"),
    ("../2017-02", "2017-02", "open start: its end"),
    ("/2017", "2017", "unknown start"),
    ("unknown/2017", "2017", "unknown start, old spelling"),
    ("../..", None, "open on both sides"),
    ("2016-XX", "2016", "unspecified month"),
    ("2016-XX-12", "2016", "unspecified month: the day goes too"),
    ("2016-1X", "2016", "month half known"),
    ("2016-03-XX", "2016-03", "unspecified day"),
    ("2016-03-uu", "2016-03", "unspecified day, old spelling"),
    ("201X", None, "unspecified year"),
    ("uuuu", None, "nothing specified"),
    ("2016~", "2016", "approximate"),
    ("2016-03?", "2016-03", "uncertain"),
    ("2016-21", "2016", "a season: its year"),
    ("2016-13", None, "no such month"),
    ("2016-02-30", None, "no such day"),
    ("2015-02-29", None, "no leap year"),
    ("2016-00", None, "month zero"),
    ("0000", None, "year zero"),
    ("2011-2012", None, "two years with a hyphen"),
    ("19 September 2016", None, "words"),
    ("31.12.2015", None, "the continent's way"),
    ("12/31/2015", None, "the American way"),
    ("2016/Err", None, "interval with junk"),
    ("2016/2017/2018", None, "three parts"),
    ("Err", None, "junk"),
    ("20160301", None, "basic format is not W3CDTF"),
    ("", None, "empty"),
]


@pytest.mark.parametrize(("text", "expected", "remark"), TEXTS)
def test_a_text_is_the_date_it_names(text: str, expected: str | None, remark: str) -> None:
    found = dates.parse(text)
    assert (str(found) if found else None) == expected, remark


@given(st.dates())
def test_every_real_day_is_read_back(day: object) -> None:
    text = str(day)
    assert str(dates.parse(text)) == text


@given(st.text(alphabet="0123456789-/.XuTZ:?~ ", max_size=25))
def test_any_text_is_a_real_date_or_none(text: str) -> None:
    found = dates.parse(text)
    if found is not None:
        assert 1 <= found.year <= 9999
        assert dates.parse(str(found)) == found


PUBLISHED = [
    (["2018-02-05", "2010"], 2010, "2010", "the one of the publicationYear"),
    (["2018-02-05"], 2010, "2010", "another year: publicationYear alone"),
    (["2010", "2010-06", "2010-05-04"], 2010, "2010-05-04", "the most precise"),
    (["2010-06-02", "2010-05-04"], 2010, "2010-05-04", "as precise: the earliest"),
    (["19 September 2016"], 2016, "2016", "junk is ignored"),
    ([], 2016, "2016", "no Issued"),
    (["Err", "2018-02", "2010"], None, "2018-02", "no publicationYear: the first that parses"),
    (["Err"], None, None, "nothing"),
]


@pytest.mark.parametrize(("issued", "year", "expected", "remark"), PUBLISHED)
def test_the_day_of_publication_is_decided(
    issued: list[str], year: int | None, expected: str | None, remark: str
) -> None:
    found = dates.published(issued, year)
    assert (str(found) if found else None) == expected, remark


def test_precision_counts_the_known_parts() -> None:
    assert [PartialDate(2020).precision, PartialDate(2020, 2, 29).precision] == [1, 3]
