"""Each rule of the table, with the cases that decide it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.matching import (
    RULES,
    Answer,
    Evaluation,
    Family,
    PersonFacts,
    Policy,
    Verdict,
    claimants,
    evaluate,
)
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId
from profiles.values.work import Contributor, RejectedId, RelatedId, Title, Types, Work

CARBERRY = OrcidId("0000-0002-1825-0097")
OTHER = OrcidId("0000-0001-5109-3700")
THIRD = OrcidId("0000-0002-1694-233X")
OWN = Doi("10.5555/own")

JOSIAH = Contributor("Josiah Carberry", orcids=(CARBERRY,))
NOBODY = Contributor("Somebody Else")
GOOD = Work(
    doi=OWN,
    state="findable",
    repository="example.repo",
    repository_kind="repository",
    titles=(Title("Psychoceramics"),),
    creators=(JOSIAH,),
)
WILLING = PersonFacts(permission="usable")
PLAIN = Policy()
STRICT = Policy(part_rule="strict")


def work(**changes: Any) -> Work:
    return msgspec.structs.replace(GOOD, **changes)


def spelled(raw: str, reason: str, *, also: tuple[OrcidId, ...] = ()) -> Work:
    rejected = (RejectedId(raw=raw, scheme="ORCID", reason=reason),)
    return work(creators=(Contributor("Josiah Carberry", orcids=also, rejected=rejected),))


def contributing(*roles: str, creators: tuple[Contributor, ...] = (NOBODY,)) -> Work:
    entries = tuple(Contributor("Josiah Carberry", role=each, orcids=(CARBERRY,)) for each in roles)
    return work(creators=creators, contributors=entries)


def related(*relations: tuple[str, str, str]) -> Work:
    """Relations as the reader makes them: a DOI is known by its type, or by its resolver."""
    return work(related=tuple(_related(*each) for each in relations))


def _related(relation: str, kind: str, value: str) -> RelatedId:
    bare = value.removeprefix("https://doi.org/")
    is_doi = bare.startswith("10.") and (kind == "DOI" or bare != value)
    return RelatedId(relation, kind, value, doi=Doi(bare.lower()) if is_doi else None)


def code(evaluation: Evaluation, rule: str) -> str:
    [outcome] = [each for each in evaluation.outcomes if each.rule == rule]
    return outcome.code


def part(kind: str, value: str) -> Work:
    return related(("IsPartOf", kind, value))


PART_OF_DOI = part("DOI", "10.5555/whole")
IN_COMMUNITY = part("URL", "https://zenodo.org/communities/biosyslit")
IN_SERIES = part("ISSN", "1234-5679")
PART_OF_PAGE = part("URL", "https://example.org/collection/7")
LIMITS = PersonFacts(
    permission="usable",
    excluded_types=frozenset({"dataset"}),
    excluded_repositories=frozenset({"example.repo"}),
    excluded_prefixes=frozenset({"10.5555"}),
)


def wishing(**facts: Any) -> PersonFacts:
    return PersonFacts(permission="usable", **facts)


CONCEPT = Doi("10.5555/concept")
FIRST = Family(newest=OWN, concept=CONCEPT)  # the work's own DOI is the newest
LAST = Family(newest=CONCEPT, concept=OWN)

# remark, rule, work, the code of the answer
METADATA_CASES = [
    ("the default agency", "R1", GOOD, "datacite"),
    ("the agency's name in any case", "R1", work(agency="DataCite"), "datacite"),
    ("another agency", "R1", work(agency="crossref"), "not_datacite"),
    ("no agency at all", "R1", work(agency=""), "not_datacite"),
    ("a copy of Crossref's", "R1", work(repository="crossref.citations"), "not_datacite"),
    ("public", "R2", GOOD, "findable"),
    ("hidden, perhaps after it was sent", "R2", work(state="registered"), "not_findable"),
    ("not yet published", "R2", work(state="draft"), "not_findable"),
    ("a flat record tells no state", "R2", work(state=""), "state_unknown"),
    ("a title", "R3", GOOD, "complete"),
    ("no publisher, date or creator's name is needed", "R3", GOOD, "complete"),
    ("the second title has text", "R3", work(titles=(Title(""), Title("b"))), "complete"),
    ("no title", "R3", work(titles=()), "no_title"),
    ("a title of blanks", "R3", work(titles=(Title(" \n "),)), "no_title"),
    ("a title of tags", "R3", work(titles=(Title("<b>&nbsp;</b>"),)), "no_title"),
    ("a word for unknown", "R3", work(titles=(Title("(:unas)"), Title(":{unav)"))), "no_title"),
    ("a DOI that ORCID cannot read", "R3", work(doi=Doi("10.5555/'abc")), "doi_unreadable"),
    ("a DOI that ORCID cuts short", "R3", work(doi=Doi("10.5555/abc&d")), "complete"),
    ("an ordinary repository", "R5", GOOD, "repository_allowed"),
    ("the kind is not told", "R5", work(repository_kind=""), "repository_allowed"),
    ("a registry of projects", "R5", work(repository_kind="raidRegistry"), "raid_registry"),
    ("usable", "R6", GOOD, "id_valid"),
    ("usable in one place, spoilt in another", "R6",
     spelled("https://sandbox.orcid.org/0000-0002-1825-0097", "other_host", also=(CARBERRY,)),
     "id_valid"),
    ("sandbox", "R6", spelled("https://sandbox.orcid.org/0000-0002-1825-0097", "other_host"),
     "id_other_host"),
    ("qa", "R6", spelled("https://qa.orcid.org/0000-0002-1825-0097", "other_host"),
     "id_other_host"),
    ("a mistyped check digit", "R6", spelled("0000-0002-1825-0098", "check_digit"),
     "id_malformed"),
    ("17 digits", "R6", spelled("0000-0002-1825-00977", "too_long"), "id_malformed"),
    ("somebody else's broken iD", "R6", spelled("0000-0001-5109-3701", "check_digit"),
     "id_absent"),
    ("junk", "R6", spelled("xyz789", "no_id"), "id_absent"),
    ("nothing", "R6", work(creators=()), "id_absent"),
    ("the only creator", "R7", GOOD, "is_creator"),
    ("the last creator", "R7", work(creators=(NOBODY, JOSIAH)), "is_creator"),
    ("the second of two iDs of one creator", "R7",
     work(creators=(Contributor("J", orcids=(OTHER, CARBERRY)),)), "is_creator"),
    ("a contributor", "R7", contributing("Editor"), "not_creator"),
    ("the same name without the iD", "R7", work(creators=(Contributor("Josiah Carberry"),)),
     "not_named"),
    ("nobody", "R7", work(creators=()), "not_named"),
    ("a creator", "R8", GOOD, "no_contributor"),
    ("creator and contributor", "R8", contributing("Editor", creators=(JOSIAH,)),
     "no_contributor"),
    ("not named", "R8", work(creators=()), "no_contributor"),
    ("only an editor", "R8", contributing("Editor"), "only_contributor"),
    ("a contributor without a type", "R8", contributing(""), "only_contributor"),
    ("no relation", "R9", GOOD, "no_part_of_doi"),
    ("a file of a dataset", "R9", PART_OF_DOI, "part_of_doi"),
    ("a DOI written as an address", "R9", part("URL", "https://doi.org/10.5555/whole"),
     "part_of_doi"),
    ("a DOI that cannot be read is still meant as one", "R9", part("DOI", "10.5555"),
     "part_of_doi"),
    ("the whole, not the part", "R9", related(("HasPart", "DOI", "10.5555/a")), "no_part_of_doi"),
    ("published in is not part of", "R9", related(("IsPublishedIn", "DOI", "10.5555/a")),
     "no_part_of_doi"),
    ("part of itself", "R9", part("DOI", OWN), "no_part_of_doi"),
    ("in a series", "R9", IN_SERIES, "no_part_of_doi"),
    ("Zenodo", "R10", IN_COMMUNITY, "community_ignored"),
    ("any other InvenioRDM", "R10", part("URL", "https://data.example.org/communities/x/about"),
     "community_ignored"),
    ("without a scheme", "R10", part("URL", "zenodo.org/communities/x"), "community_ignored"),
    ("the words in a query only", "R10", part("URL", "https://a.example/?next=/communities/x"),
     "no_community"),
    ("another page of Zenodo", "R10", part("URL", "https://zenodo.org/record/1"), "no_community"),
    ("an address that cannot be parsed", "R10", part("URL", "https://[bad/communities/x"),
     "no_community"),
    ("a journal article", "R11", IN_SERIES, "part_of_serial"),
    ("electronic", "R11", part("EISSN", "1234-5679"), "part_of_serial"),
    ("linking", "R11", part("LISSN", "1234-5679"), "part_of_serial"),
    ("a chapter of a book", "R11", part("ISBN", "978-3-16-148410-0"), "part_of_serial"),
    ("a dataset's file", "R11", PART_OF_DOI, "no_part_of_serial"),
    ("a web page", "R11b", PART_OF_PAGE, "part_of_other"),
    ("a handle", "R11b", part("Handle", "10042/31117"), "part_of_other"),
    ("an LSID", "R11b", part("LSID", "urn:lsid:example.org:pub:1"), "part_of_other"),
    ("unreadable address", "R11b", part("URL", "https://[bad/communities/x"), "part_of_other"),
    ("a community", "R11b", IN_COMMUNITY, "no_part_of_other"),
    ("a series", "R11b", IN_SERIES, "no_part_of_other"),
    ("a concept DOI that names itself", "R12", related(("IsVersionOf", "DOI", OWN)),
     "self_version_ignored"),
    ("the same with capitals", "R12", related(("IsVersionOf", "DOI", "10.5555/OWN")),
     "self_version_ignored"),
    ("identical to itself", "R12", related(("IsIdenticalTo", "DOI", OWN)),
     "self_version_ignored"),
    ("a version of another", "R12", related(("IsVersionOf", "DOI", "10.5555/v")),
     "no_self_version"),
    ("cites itself", "R12", related(("Cites", "DOI", OWN)), "no_self_version"),
    *[
        (f"{relation} another DOI", "R13", related((relation, "DOI", "10.5555/v")),
         "version_grouped")
        for relation in ("IsVersionOf", "HasVersion", "IsNewVersionOf", "IsPreviousVersionOf",
                         "IsVariantFormOf", "IsOriginalFormOf")
    ],
    ("itself", "R13", related(("IsVersionOf", "DOI", OWN)), "no_version"),
    ("a DOI written as an address", "R13",
     related(("IsVersionOf", "URL", "https://doi.org/10.5555/v")), "version_grouped"),
    ("a DOI that ORCID reads as the work's own", "R13",
     related(("IsVersionOf", "DOI", f"{OWN}&more")), "no_version"),
    ("a DOI that ORCID cannot read", "R13", related(("IsVersionOf", "DOI", "10.5555/'v")),
     "no_version"),
    ("a version that has no DOI", "R13", related(("IsVersionOf", "URL", "https://a.example")),
     "no_version"),
    ("identical to another", "R14", related(("IsIdenticalTo", "DOI", "10.5555/v1")),
     "identical_grouped"),
    ("identical to itself", "R14", related(("IsIdenticalTo", "DOI", OWN)), "no_identical"),
]  # fmt: skip

# remark, rule, work, operator's policy, person's facts, the code of the answer
POLICY_CASES = [
    ("nothing is excluded", "R4", GOOD, PLAIN, None, "prefix_allowed"),
    ("excluded", "R4", GOOD, Policy(exclude_prefixes=frozenset({"10.5555"})), None,
     "prefix_excluded"),
    ("a longer prefix is another one", "R4", work(doi=Doi("10.55551/x")),
     Policy(exclude_prefixes=frozenset({"10.5555"})), None, "prefix_allowed"),
    ("a shorter prefix is another one", "R4", work(doi=Doi("10.555/x")),
     Policy(exclude_prefixes=frozenset({"10.5555"})), None, "prefix_allowed"),
    ("the person lets editors count", "R8", contributing("Editor"), PLAIN,
     wishing(contributors_sent=frozenset({"Editor"})), "contributor_counts"),
    ("but not others", "R8", contributing("Sponsor"), PLAIN,
     wishing(contributors_sent=frozenset({"Editor"})), "only_contributor"),
    ("the person wants to be asked", "R8", contributing("Editor"), PLAIN,
     wishing(contributors_asked=frozenset({"Editor"})), "contributor_asked"),
    ("of two roles the more welcome one", "R8", contributing("DataCurator", "Editor"), PLAIN,
     wishing(contributors_sent=frozenset({"Editor"}),
             contributors_asked=frozenset({"DataCurator"})), "contributor_counts"),
    ("the person wants parts", "R9", PART_OF_DOI, PLAIN, wishing(part_policy="send"),
     "part_sent"),
    ("even where the operator is strict", "R9", PART_OF_DOI, STRICT, wishing(part_policy="send"),
     "part_sent"),
    ("the person is asked about parts", "R9", PART_OF_DOI, PLAIN, wishing(part_policy="ask"),
     "part_asked"),
    ("strict takes communities for a whole, as documented", "R10", IN_COMMUNITY, STRICT, None,
     "part_of_community_strict"),
    ("strict and no community", "R10", IN_SERIES, STRICT, None, "no_community"),
    ("strict takes series for a whole", "R11", IN_SERIES, STRICT, None, "part_of_serial_strict"),
    ("the person wants no parts, not even articles", "R11", IN_SERIES, PLAIN,
     wishing(part_policy="never"), "part_never"),
    ("the person wants parts", "R11b", PART_OF_PAGE, PLAIN, wishing(part_policy="send"),
     "part_sent"),
    ("the person is asked", "R11b", PART_OF_PAGE, PLAIN, wishing(part_policy="ask"),
     "part_asked"),
    ("no person given", "R15a", GOOD, PLAIN, None, "person_unknown"),
    ("a usable grant", "R15a", GOOD, PLAIN, WILLING, "permitted"),
    ("never given", "R15a", GOOD, PLAIN, PersonFacts(), "no_permission"),
    ("withdrawn", "R15a", GOOD, PLAIN, PersonFacts(permission="ended"), "permission_ended"),
    ("a box was unticked", "R15a", GOOD, PLAIN, PersonFacts(permission="scope_missing"),
     "scope_missing"),
    ("no person given", "R15b", GOOD, PLAIN, None, "person_unknown"),
    ("on", "R15b", GOOD, PLAIN, WILLING, "auto_update_on"),
    ("off", "R15b", GOOD, PLAIN, wishing(auto_update=False), "auto_update_off"),
    ("no person given", "R15c", GOOD, PLAIN, None, "person_unknown"),
    ("nothing said", "R15c", GOOD, PLAIN, WILLING, "not_declined"),
    ("not mine", "R15c", GOOD, PLAIN, wishing(declined="not_mine"), "not_mine"),
    ("never add", "R15c", GOOD, PLAIN, wishing(declined="never_add"), "never_add"),
    ("no person given", "R15d", GOOD, PLAIN, None, "person_unknown"),
    ("still there", "R15d", GOOD, PLAIN, WILLING, "not_removed"),
    ("deleted at ORCID", "R15d", GOOD, PLAIN, wishing(removed="at_orcid"), "removed_at_orcid"),
    ("blocked by staff", "R15d", GOOD, PLAIN, wishing(removed="blocked"), "blocked_by_staff"),
    ("removed here", "R15d", GOOD, PLAIN, wishing(removed="by_person"), "removed_by_person"),
    ("no person given", "R15e", GOOD, PLAIN, None, "person_unknown"),
    ("another type", "R15e", work(types=Types(general="Image")), PLAIN, LIMITS, "type_allowed"),
    ("no type", "R15e", GOOD, PLAIN, LIMITS, "type_allowed"),
    ("an unwanted type, in any case", "R15e", work(types=Types(general=" DataSet")), PLAIN,
     LIMITS, "type_excluded"),
    ("no person given", "R15f", GOOD, PLAIN, None, "person_unknown"),
    ("another repository", "R15f", work(repository="a.b"), PLAIN, LIMITS, "repository_wanted"),
    ("unwanted repository", "R15f", GOOD, PLAIN, LIMITS, "repository_unwanted"),
    ("no person given", "R15g", GOOD, PLAIN, None, "person_unknown"),
    ("a longer prefix", "R15g", work(doi=Doi("10.55551/x")), PLAIN, LIMITS, "prefix_wanted"),
    ("unwanted prefix", "R15g", GOOD, PLAIN, LIMITS, "prefix_unwanted"),
    ("no person given", "R15h", GOOD, PLAIN, None, "person_unknown"),
    ("need not ask", "R15h", GOOD, PLAIN, WILLING, "need_not_ask"),
    ("ask", "R15h", GOOD, PLAIN, wishing(ask_first=True), "ask_first"),
    ("no person given", "R15i", GOOD, PLAIN, None, "person_unknown"),
    ("all versions", "R15i", GOOD, PLAIN, wishing(family=FIRST), "all_versions"),
    ("no others", "R15i", GOOD, PLAIN, wishing(versions="newest"), "no_other_version"),
    ("the newest", "R15i", GOOD, PLAIN, wishing(versions="newest", family=FIRST), "newest_version"),
    ("an older", "R15i", GOOD, PLAIN, wishing(versions="newest", family=LAST), "newer_version"),
    ("it stands for all", "R15i", GOOD, PLAIN, wishing(versions="concept", family=LAST),
     "concept_doi"),
    ("another stands for all", "R15i", GOOD, PLAIN, wishing(versions="concept", family=FIRST),
     "only_concept"),
    ("none stands for all", "R15i", GOOD, PLAIN,
     wishing(versions="concept", family=Family(newest=CONCEPT)), "newest_instead"),
]  # fmt: skip

CASES = [(*case[:3], PLAIN, None, case[3]) for case in METADATA_CASES] + POLICY_CASES


@pytest.mark.parametrize(
    ("rule", "given_work", "policy", "person", "expected"),
    [case[1:] for case in CASES],
    ids=[f"{case[1]} {case[0]}" for case in CASES],
)
def test_a_rule_answers_with_its_reason(
    rule: str, given_work: Work, policy: Policy, person: PersonFacts | None, expected: str
) -> None:
    assert code(evaluate(given_work, CARBERRY, policy=policy, person=person), rule) == expected


def test_every_answer_that_a_rule_can_give_stands_in_the_decision_tables() -> None:
    tested = {(case[1], case[5]) for case in CASES}
    # The person's wish about parts is one function for three rules, tested once each way.
    shared = {"part_sent", "part_asked", "part_never"}
    possible = {(rule.number, each) for rule in RULES for each in rule.codes if each not in shared}
    assert possible - tested == set()
    assert shared <= {each for _, each in tested}


@pytest.mark.parametrize(
    ("remark", "given_work", "policy", "person", "verdict", "reason"),
    [
        ("all is well", GOOD, PLAIN, WILLING, Verdict.SEND, ""),
        ("without a person: would be sent", GOOD, PLAIN, None, Verdict.SEND, ""),
        ("a series under components", IN_SERIES, PLAIN, WILLING, Verdict.SEND, ""),
        ("a series under strict", IN_SERIES, STRICT, WILLING, Verdict.NO, "part_of_serial_strict"),
        ("a community beside a DOI", related(("IsPartOf", "DOI", "10.5555/w"),
         ("IsPartOf", "URL", "https://zenodo.org/communities/x")), PLAIN, WILLING, Verdict.NO,
         "part_of_doi"),
        ("a community beside a web page", related(("IsPartOf", "URL", "https://a.example/1"),
         ("IsPartOf", "URL", "https://zenodo.org/communities/x")), PLAIN, WILLING, Verdict.NO,
         "part_of_other"),
        ("a community beside its versions", related(("IsVersionOf", "DOI", OWN),
         ("IsVersionOf", "DOI", "10.5555/c"),
         ("IsPartOf", "URL", "https://zenodo.org/communities/x")), PLAIN, WILLING, Verdict.SEND,
         ""),
        ("the first no is the reason", work(state="registered", titles=()), PLAIN, WILLING,
         Verdict.NO, "not_findable"),
        ("a no outweighs what is held", PART_OF_DOI, PLAIN, PersonFacts(), Verdict.NO,
         "part_of_doi"),
        ("held", GOOD, PLAIN, PersonFacts(), Verdict.HOLD, "no_permission"),
        ("held before proposed", GOOD, PLAIN, PersonFacts(ask_first=True), Verdict.HOLD,
         "no_permission"),
        ("proposed", GOOD, PLAIN, wishing(ask_first=True), Verdict.PROPOSE, "ask_first"),
        ("a proposed part", PART_OF_DOI, PLAIN, wishing(part_policy="ask"), Verdict.PROPOSE,
         "part_asked"),
        ("declined outweighs all", GOOD, PLAIN, PersonFacts(declined="never_add"), Verdict.NO,
         "never_add"),
        ("an editor who counts", contributing("Editor"), PLAIN,
         wishing(contributors_sent=frozenset({"Editor"})), Verdict.SEND, ""),
        ("sandbox iD", spelled("https://sandbox.orcid.org/0000-0002-1825-0097", "other_host"),
         PLAIN, WILLING, Verdict.NO, "id_other_host"),
    ],
)  # fmt: skip
def test_the_verdict_and_its_reason(
    remark: str,
    given_work: Work,
    policy: Policy,
    person: PersonFacts | None,
    verdict: Verdict,
    reason: str,
) -> None:
    evaluation = evaluate(given_work, CARBERRY, policy=policy, person=person)
    assert (evaluation.verdict, evaluation.reason) == (verdict, reason), remark


def test_every_rule_answers_even_after_a_no() -> None:
    spoilt = work(state="draft", titles=(), creators=(), agency="crossref")
    evaluation = evaluate(spoilt, CARBERRY)
    assert [each.rule for each in evaluation.outcomes] == [rule.number for rule in RULES]
    assert sum(each.answer is Answer.NO for each in evaluation.outcomes) == 4


def test_a_part_tells_what_it_is_a_part_of() -> None:
    evaluation = evaluate(PART_OF_PAGE, CARBERRY)
    [outcome] = [each for each in evaluation.outcomes if each.rule == "R11b"]
    assert tuple(map(str, outcome.looked_at)) == ("IsPartOf URL https://example.org/collection/7",)


def test_a_spoilt_id_is_shown_as_it_was_written() -> None:
    raw = "https://sandbox.orcid.org/0000-0002-1825-0097"
    evaluation = evaluate(spelled(raw, "other_host"), CARBERRY)
    [outcome] = [each for each in evaluation.outcomes if each.rule == "R6"]
    assert raw in str(outcome.looked_at[0])


def test_claimants_are_named_once_each_creators_first() -> None:
    both = work(
        creators=(Contributor("A", orcids=(OTHER,)), JOSIAH),
        contributors=(JOSIAH, Contributor("C", role="Editor", orcids=(THIRD,))),
    )
    assert claimants(both) == (OTHER, CARBERRY, THIRD)


def test_nobody_claims_a_record_without_ids() -> None:
    assert claimants(work(creators=(NOBODY,))) == ()


def test_long_evidence_is_cut() -> None:
    many = related(*[("HasVersion", "DOI", f"10.5555/v{each}") for each in range(1000)])
    evaluation = evaluate(many, CARBERRY)
    [outcome] = [each for each in evaluation.outcomes if each.rule == "R13"]
    assert len(outcome.looked_at) == 21
    assert str(outcome.looked_at[-1]) == "and 980 more"


RELATED = st.builds(
    _related,
    st.sampled_from(["IsPartOf", "HasPart", "IsVersionOf", "IsIdenticalTo", "Cites"]),
    st.sampled_from(["DOI", "ISSN", "URL", "Handle"]),
    st.sampled_from(
        [OWN, "10.5555/x", "1234-5679", "https://doi.org/10.5555/y", "https://a.example/p",
         "https://zenodo.org/communities/x"]
    ),
)  # fmt: skip


@given(
    st.lists(RELATED, max_size=6).flatmap(lambda one: st.tuples(st.just(one), st.permutations(one)))
)
def test_the_order_of_related_identifiers_changes_nothing(
    orders: tuple[list[RelatedId], list[RelatedId]],
) -> None:
    for policy in (PLAIN, STRICT):
        one, other = (
            evaluate(work(related=tuple(each)), CARBERRY, policy=policy, person=WILLING)
            for each in orders
        )
        assert one == other
