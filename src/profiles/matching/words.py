"""What every reason code says, and what would change the answer: one table for all readers.

`says` is for everybody; where it speaks of the person, `you` says it to them. `person`,
`repository` and `staff` say what that reader can do. Codes that stand in nobody's way have nothing
to mend.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ..values.marking import marked as _
from .evidence import Fact
from .outcome import Answer, Evaluation
from .rules import RULES

Audience = Literal["person", "repository", "staff"]
AUDIENCES: tuple[Audience, ...] = ("person", "repository", "staff")

TITLES = {rule.number: rule.title for rule in RULES}


class Words(NamedTuple):
    says: str
    person: str = ""
    repository: str = ""
    staff: str = ""
    you: str = ""


class ExplainLine(NamedTuple):
    """One rule of an evaluation, ready to be shown."""

    code: str
    rule: str  # "R7"
    title: str  # "iD is among the creators"
    outcome: Answer
    words: str
    looked_at: tuple[Fact, ...]
    mend: str  # empty where nothing needs mending


BY_HAND = _("You can add it yourself under Find works.")
_SETTINGS = _("Change this under Settings.")
_OTHER_VERSION = _(
    "Change this under Settings. To have this one too, choose Restore under My works."
)
_PERSONS_CHOICE = "Only the researcher can change this."

WORDS: dict[str, Words] = {
    # R1
    "datacite": Words(_("The DOI is registered with DataCite.")),
    "not_datacite": Words(
        _("The DOI is registered with another agency."),
        _("Use the auto-update of that agency, for example Crossref's."),
        "Nothing to do at DataCite: the DOI belongs to another agency.",
        "Point to the auto-update of the DOI's own agency.",
    ),
    # R2
    "findable": Words(_("The DOI is findable.")),
    "not_findable": Words(
        _("The DOI is not findable: its metadata are not public."),
        _("Ask the repository to make the DOI findable."),
        "Change the DOI's state to findable.",
        "It follows by itself when the repository makes the DOI findable. Where it is on a record "
        "already, it stays there or leaves it as the record's owner chose.",
    ),
    "state_unknown": Words(
        _("The record does not say whether the DOI is findable."),
        _("Look the DOI up by its name instead of this file."),
        "Add the DOI's state to the record.",
        "Read the DOI from the DataCite API, whose records carry the state.",
    ),
    # R3
    "complete": Words(_("The metadata are complete enough for ORCID.")),
    "no_title": Words(
        _("The metadata have no title, and ORCID takes no work without one."),
        _("Ask the repository to add a title."),
        "Add a title to the metadata.",
        "It follows by itself when the repository adds a title.",
    ),
    "doi_unreadable": Words(
        _("ORCID cannot read the DOI: behind its prefix stands a quote or an ampersand."),
        _("Ask the repository for another DOI, or add the work at ORCID by hand."),
        "Register another DOI: ORCID reads one only up to a quote or an ampersand.",
        "Nothing to do: ORCID takes no work without a DOI that it can read.",
    ),
    # R4
    "prefix_allowed": Words(_("The DOI's prefix is not excluded.")),
    "prefix_excluded": Words(
        _("DOIs of this prefix are excluded from auto-update."),
        BY_HAND,
        "Ask DataCite why the prefix is excluded.",
        "Take the prefix out of EXCLUDE_PREFIXES.",
    ),
    # R5
    "repository_allowed": Words(_("The repository is not a registry of projects.")),
    "raid_registry": Words(
        _("The DOI comes from a RAiD registry: it stands for a project, not a work."),
        _("Add the project to your ORCID record by hand, if you wish."),
        "Nothing to do: records of RAiD registries are not sent as works.",
        "Check the repository's clientType if this is not a RAiD registry.",
    ),
    # R6
    "id_valid": Words(_("The metadata name the ORCID iD in a form that can be read.")),
    "id_malformed": Words(
        _("The metadata seem to mean this ORCID iD, but not in a form that can be read."),
        _("Ask the repository to correct your iD in the metadata."),
        "Correct the nameIdentifier to https://orcid.org/0000-… with the right check digit.",
        "Tell the repository which value is wrong.",
    ),
    "id_other_host": Words(
        _("The metadata name this ORCID iD on another host, such as ORCID's sandbox."),
        _("Ask the repository to replace it by your iD at https://orcid.org."),
        "Replace the nameIdentifier by the iD at https://orcid.org.",
        "Tell the repository; in a test installation compare ORCID_URL with the metadata.",
    ),
    "id_absent": Words(_("No entry that could be meant as this ORCID iD was found.")),
    # R7
    "is_creator": Words(_("The ORCID iD is among the creators.")),
    "not_named": Words(
        _("The ORCID iD is not in the metadata."),
        _(
            "Ask the repository to add your iD to your name among the creators."
            " You can add it yourself under Find works."
        ),
        "Add the iD as nameIdentifier with scheme ORCID to the creator.",
        "The repository must add the iD; names alone are never matched.",
    ),
    "not_creator": Words(_("The ORCID iD is not among the creators, but among the contributors.")),
    # R8
    "no_contributor": Words(_("It does not matter here who the contributors are.")),
    "only_contributor": Words(
        _("The ORCID iD is only among the contributors, who are not sent by themselves."),
        BY_HAND,
        "List the person among the creators if they are an author.",
        "Contributors count when the person chose their role under Settings.",
    ),
    "contributor_counts": Words(_("The ORCID iD is among contributors whose role counts.")),
    "contributor_asked": Words(
        "The ORCID iD is among contributors in a role that the researcher is asked about.",
        _("Accept or decline it among your proposed works."),
        "Nothing to do: the researcher decides.",
        _PERSONS_CHOICE,
        you=_("Your ORCID iD is among contributors in a role about which you want to be asked."),
    ),
    # R9, R11, R11b: the person's wish about parts
    "part_sent": Words(
        "It is part of something, and the researcher wants parts.",
        you=_("It is part of something, and you want parts."),
    ),
    "part_asked": Words(
        "It is part of something, and the researcher wants to be asked about parts.",
        _("Accept or decline it among your proposed works."),
        "Nothing to do: the researcher decides.",
        _PERSONS_CHOICE,
        you=_("It is part of something, and you want to be asked about parts."),
    ),
    "part_never": Words(
        "It is part of something, and the researcher does not want parts.",
        _SETTINGS,
        "Nothing to do: the researcher decided.",
        _PERSONS_CHOICE,
        you=_("It is part of something, and you do not want parts."),
    ),
    # R9
    "no_part_of_doi": Words(_("It is not part of another DOI.")),
    "part_of_doi": Words(
        _("It is part of another DOI, as a file is part of a dataset."),
        BY_HAND,
        "Use IsPartOf with a DOI only for components; otherwise choose another relation.",
        "The person can choose in Settings to have parts sent.",
    ),
    # R10
    "no_community": Words(_("It names no community.")),
    "community_ignored": Words(_("A community is not a whole that this is part of: ignored.")),
    "part_of_community_strict": Words(
        _("It names a community with IsPartOf, and here every IsPartOf excludes."),
        BY_HAND,
        "Do not use IsPartOf for communities.",
        "Set PART_RULE=components.",
    ),
    # R11
    "no_part_of_serial": Words(_("It is not in a series or book.")),
    "part_of_serial": Words(_("It is in a series or book, which makes it a work of its own.")),
    "part_of_serial_strict": Words(
        _("It is in a series or book, and here every IsPartOf excludes."),
        BY_HAND,
        "Name the series with IsPublishedIn.",
        "Set PART_RULE=components.",
    ),
    # R11b
    "no_part_of_other": Words(_("It is not part of anything else.")),
    "part_of_other": Words(
        _("It is part of something else, such as a web page or a collection."),
        BY_HAND,
        "Use IsPartOf only for components; otherwise choose another relation.",
        "The person can choose in Settings to have parts sent.",
    ),
    # R12 to R14
    "no_self_version": Words(_("It does not name itself as a version.")),
    "self_version_ignored": Words(_("It names itself as its version: ignored.")),
    "no_version": Words(_("It names no other version.")),
    "version_grouped": Words(_("It is sent so that ORCID groups it with its other versions.")),
    "no_identical": Words(_("It names no identical DOI.")),
    "identical_grouped": Words(_("It is sent so that ORCID groups it with the identical DOI.")),
    # R15
    "person_unknown": Words(
        "This depends on the researcher's account.", you=_("This depends on your account.")
    ),
    "permitted": Words("The researcher gave permission.", you=_("You gave permission.")),
    "no_permission": Words(
        "The researcher gave no permission for the ORCID record.",
        _("Give permission under Settings (Get ORCID Token)."),
        "Invite the researcher to give permission in DataCite Profiles.",
        "It goes on by itself when the person gives permission.",
        you=_("You gave no permission for your ORCID record."),
    ),
    "permission_ended": Words(
        _("The permission was withdrawn at ORCID or has ended."),
        _("Give permission again under Settings (Get ORCID Token)."),
        "Invite the researcher to give permission again.",
        "It goes on by itself when the person gives permission again.",
    ),
    "scope_missing": Words(
        _("The permission does not include adding works."),
        _("Give permission again under Settings and leave every box ticked."),
        "Invite the researcher to give permission again.",
        "It goes on by itself when the person gives the full permission.",
    ),
    "auto_update_on": Words(_("Auto-update is enabled.")),
    "auto_update_off": Words(
        _("Auto-update is not enabled."),
        _("Enable Auto-update under Settings."),
        "Invite the researcher to enable auto-update.",
        _PERSONS_CHOICE,
    ),
    "not_declined": Words("The researcher did not decline it.", you=_("You did not decline it.")),
    "not_mine": Words(
        "The researcher said that this is not their work.",
        _("Take it back with Restore under My works."),
        "Check whether the iD belongs to the right person.",
        _PERSONS_CHOICE,
        you=_("You said that this is not your work."),
    ),
    "never_add": Words(
        "The researcher asked never to add it.",
        _("Take it back with Restore under My works."),
        "Nothing to do: the researcher decided.",
        _PERSONS_CHOICE,
        you=_("You asked never to add it."),
    ),
    "not_removed": Words(
        "The researcher did not take it off the record.",
        you=_("You did not take it off your record."),
    ),
    "removed_by_person": Words(
        "The researcher removed it here.",
        _("Add it again with Restore under My works."),
        "Nothing to do: the researcher decided.",
        _PERSONS_CHOICE,
        you=_("You removed it here."),
    ),
    "removed_at_orcid": Words(
        "The researcher removed it at ORCID.",
        _("Add it again with Restore under My works."),
        "Nothing to do: the researcher decided.",
        _PERSONS_CHOICE,
        you=_("You removed it at ORCID."),
    ),
    "blocked_by_staff": Words(
        "DataCite's support blocked it for this ORCID record.",
        _("If you think that this is wrong, write to support@datacite.org."),
        "If you think that this is wrong, write to support@datacite.org.",
        "See with `profiles claims show` who blocked it and why; `profiles claims unblock` lifts it.",
        you=_("DataCite's support blocked it for your ORCID record."),
    ),
    "type_allowed": Words(
        "The researcher wants works of this type.", you=_("You want works of this type.")
    ),
    "type_excluded": Words(
        "The researcher does not want works of this type.",
        _SETTINGS,
        "Check that the resource type is right.",
        _PERSONS_CHOICE,
        you=_("You do not want works of this type."),
    ),
    "repository_wanted": Words(
        "The researcher wants works of this repository.",
        you=_("You want works of this repository."),
    ),
    "repository_unwanted": Words(
        "The researcher does not want works of this repository.",
        _SETTINGS,
        "Nothing to do: the researcher decided.",
        _PERSONS_CHOICE,
        you=_("You do not want works of this repository."),
    ),
    "prefix_wanted": Words(
        "The researcher wants works of this prefix.", you=_("You want works of this prefix.")
    ),
    "prefix_unwanted": Words(
        "The researcher does not want works of this prefix.",
        _SETTINGS,
        "Nothing to do: the researcher decided.",
        _PERSONS_CHOICE,
        you=_("You do not want works of this prefix."),
    ),
    "need_not_ask": Words(
        "The researcher need not be asked first.", you=_("You need not be asked first.")
    ),
    "ask_first": Words(
        "The researcher wants to be asked first.",
        _("Accept or decline it among your proposed works."),
        "Nothing to do: the researcher decides.",
        _PERSONS_CHOICE,
        you=_("You want to be asked first."),
    ),
    "all_versions": Words(
        "The researcher wants all versions, which ORCID shows as one work.",
        you=_("You want all versions, which ORCID shows as one work."),
    ),
    "no_other_version": Words(_("No other version of it comes into question.")),
    "newest_version": Words(
        "It is the newest version, and the researcher wants just one.",
        you=_("It is the newest version, and you want just one."),
    ),
    "concept_doi": Words(
        "It stands for all versions, as the researcher wants.",
        you=_("It stands for all versions, as you want."),
    ),
    "newer_version": Words(
        "The researcher chose to have only the newest version, which is another DOI.",
        _OTHER_VERSION,
        "Nothing to do: the researcher decided.",
        _PERSONS_CHOICE,
        you=_("You chose to have only the newest version, which is another DOI."),
    ),
    "only_concept": Words(
        "The researcher chose to have only the DOI that stands for all versions.",
        _OTHER_VERSION,
        "Nothing to do: the researcher decided.",
        _PERSONS_CHOICE,
        you=_("You chose to have only the DOI that stands for all versions."),
    ),
    "newest_instead": Words(
        (
            "The researcher chose to have one DOI for all versions; none of them stands for all, so"
            " the newest goes, which is another DOI."
        ),
        _OTHER_VERSION,
        "If there is a DOI that stands for all versions, name it with IsVersionOf.",
        _PERSONS_CHOICE,
        you=_(
            "You chose to have one DOI for all versions; none of them stands for all, so the newest"
            " goes, which is another DOI."
        ),
    ),
}


def told(code: str, audience: Audience) -> str:
    """What the code says, to this reader."""
    words = WORDS[code]
    return words.you if audience == "person" and words.you else words.says


def mend(code: str, audience: Audience) -> str:
    """What this reader can do to change the answer; empty where there is nothing to do."""
    words: str = getattr(WORDS[code], audience)
    return words


def evaluation_lines(
    evaluation: Evaluation, audience: Audience = "person"
) -> tuple[ExplainLine, ...]:
    """The evaluation in words for one kind of reader, every rule in order."""
    return tuple(
        ExplainLine(
            code=outcome.code,
            rule=outcome.rule,
            title=TITLES[outcome.rule],
            outcome=outcome.answer,
            words=told(outcome.code, audience),
            looked_at=outcome.looked_at,
            mend=mend(outcome.code, audience),
        )
        for outcome in evaluation.outcomes
    )
