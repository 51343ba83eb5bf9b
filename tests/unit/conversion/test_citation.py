"""The citation is BibTeX that a parser takes: balanced, escaped, compact."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from profiles.conversion import citation as module
from profiles.conversion import convert
from profiles.sources.datacite import reading
from profiles.values import doi
from profiles.values.work import Contributor, Title, Work

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures/records"


def citation_of(work: Work) -> str:
    made = convert(work).citation
    assert made is not None
    assert made.citation_type == "bibtex"
    return made.citation_value


def test_an_article_is_cited_with_its_place() -> None:
    work = reading.read((FIXTURES / "article_in_container.json").read_bytes())
    assert citation_of(work) == (
        r"@article{10.5555/article, title={On tea \& sympathy: 50\% more}, "
        r"author={Carberry, Josiah}, journal={Annals of Pots \& Pans}, "
        r"publisher={Example Press}, year={2024}, volume={3}, number={1}, pages={9--12}, "
        r"doi={10.5555/article}}"
    )


def test_an_organisation_is_one_name() -> None:
    work = reading.read((FIXTURES / "roles.json").read_bytes())
    assert "author={Carberry, Josiah and {The Pottery Consortium}}" in citation_of(work)


def test_very_many_authors_are_shortened() -> None:
    cited = citation_of(reading.read((FIXTURES / "hyper_authors.json").read_bytes()))
    assert cited.count(" and ") == module.MOST_AUTHORS
    assert " and others}" in cited


@given(title=st.text(max_size=40), name=st.text(max_size=40), organization=st.booleans())
def test_any_text_leaves_the_citation_balanced(title: str, name: str, organization: bool) -> None:
    work = Work(
        doi=doi.parse("10.5555/a{b"),
        titles=(Title("T " + title),),
        creators=(Contributor(name, organization=organization),),
    )
    cited = citation_of(work)
    depth = 0
    for char in re.sub(r"\\[{}&%$#_]", "", cited.removeprefix("@misc")):
        assert depth > 0 or char == "{"
        depth += (char == "{") - (char == "}")
    assert depth == 0
    assert "\n" not in cited
