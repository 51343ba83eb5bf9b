"""ORCID's error codes: status, texts, and the two shapes in which they are printed."""

from __future__ import annotations

from typing import Any, Final
from xml.sax.saxutils import escape

MORE_INFO = "https://members.orcid.org/api/resources/troubleshooting"
_AGAIN = (
    "There was an error when updating the record. Please try again. "
    "If the error persists, please contact {client} for assistance."
)

# code → status, developer message, user message. {detail} is the text of the one refusal;
# where a message has no place for it, it follows as "Full validation error".
CODES: Final[dict[int, tuple[int, str, str]]] = {
    9001: (
        400,
        (
            "400 Bad Request: There is an issue with your data or the API endpoint. "
            "405 Method Not Allowed: Endpoint and method mismatch. "
            "415 Unsupported Media Type: data must be in XML or JSON format."
        ),
        "ORCID could not process the data, because they were invalid.",
    ),
    9004: (
        403,
        "403 Forbidden: Insufficient or wrong scope.",
        "The client application is forbidden to perform the action.",
    ),
    9006: (
        400,
        "The client application sent a bad request to ORCID.",
        "The client application sent a bad request to ORCID.",
    ),
    9007: (
        409,
        (
            "301 Moved Permanently: This account is deprecated. "
            "Please refer to account: {primary}. ORCID {orcid}"
        ),
        "This account is deprecated. Please refer to account: {primary}.",
    ),
    9008: (500, "{detail}", "Something went wrong in ORCID."),
    9009: (
        403,
        "403 Forbidden: The notification has already been read and cannot be archived.",
        "The client application tried to archive a message that has already been read.",
    ),
    9010: (
        403,
        (
            "403 Forbidden: You are not the source of the {detail}, "
            "so you are not allowed to update it."
        ),
        "The client application is not the source of the resource it is trying to access.",
    ),
    9012: (
        400,
        "The client application made a bad request to the ORCID API.",
        "The client application made a bad request to the ORCID API.",
    ),
    9013: (
        403,
        "403 Forbidden: The item is private and you are not the source.",
        "The client application is forbidden to perform the action.",
    ),
    9014: (
        403,
        "The client application is forbidden to perform the action.",
        "The client application is forbidden to perform the action.",
    ),
    9016: (404, "404 Not Found: The resource was not found.", "The resource was not found."),
    9017: (
        401,
        "401 Unauthorized: The client application is not authorized for this ORCID record.",
        "The client application is not authorized.",
    ),
    9018: (
        409,
        "409 Conflict: The ORCID record is locked and cannot be edited. ORCID {detail}",
        "The ORCID record is locked.",
    ),
    9019: (
        400,
        (
            "400 Bad Request: The put code in the URL was {url} "
            "whereas the one in the body was {body}."
        ),
        _AGAIN,
    ),
    9020: (400, "400 Bad Request: Invalid incoming message.", "Invalid incoming message."),
    9021: (
        409,
        (
            "409 Conflict: You have already added this activity (matched by external identifiers), "
            "please see element with put-code {detail}. "
            "If you are trying to edit the item, please use PUT instead of POST."
        ),
        _AGAIN,
    ),
    9022: (
        400,
        "400 Bad Request: Invalid activity, a title is required.",
        "Invalid activity:  A title is required.",
    ),
    9023: (
        400,
        "400 Bad Request: Invalid activity, an external identifier is required.",
        "Invalid activity: an external identifier is required.",
    ),
    9024: (
        400,
        (
            "400 Bad Request: Put-code is included when not expected. "
            "When posting new activities, the put code should be omitted."
        ),
        _AGAIN,
    ),
    9028: (
        404,
        "No webhook found for orcid={orcid}, and uri={uri}.",
        "The resource was not found.",
    ),
    9029: (
        404,
        "404 Not Found: Could not find notification with id: {id} for ORCID: {orcid}.",
        "The resource was not found.",
    ),
    9032: (
        409,
        (
            "409 Conflict: The user has opted not to receive notifications "
            "so you cannot post notifications."
        ),
        "The user {orcid} doesn't allow notifications.",
    ),
    9034: (400, "400 Bad Request: The put code provided is not valid.", _AGAIN),
    9035: (
        403,
        (
            "403 Forbidden: You can't change the visibility of an item, "
            "please remove the visibility or set it to the current value."
        ),
        _AGAIN,
    ),
    9036: (
        409,
        "409 Conflict: This record has not been claimed.",
        (
            "This record has not been claimed, if this is your record you can claim it at "
            "https://orcid.org/resend-claim."
        ),
    ),
    9037: (
        400,
        "Invalid {field}, valid values are: {values}.",
        "Please specify a work type.",
    ),
    9038: (
        403,
        (
            "409 Conflict: The item has a limited or private visibility and your request doesn't "
            "have the required scope."
        ),
        "You don't have the permissions to execute this action.",
    ),
    9039: (
        403,
        "403 Forbidden: The item is not public and cannot be accessed with the Public API.",
        "The client application is forbidden to perform the action.",
    ),
    9042: (400, "{detail}", "Too many put codes supplied"),
    9044: (
        409,
        "409 Conflict: The ORCID record is deactivated and cannot be edited.",
        "The ORCID record is deactivated.",
    ),
    9047: (400, "400 Bad request: invalid JSON - {detail}", "Invalid JSON."),
    9048: (
        409,
        (
            "409 Conflict: The maximum number of works that can be connected to an ORCID record "
            "is 10,000"
        ),
        (
            "The maximum number of works that can be connected to an ORCID record is 10,000 and you "
            "have now exceeded this limit. Please remove some works and try again. For more "
            "information, see https://support.orcid.org/hc/articles/360006973133"
        ),
    ),
    9049: (400, "400 Bad request: invalid date: {detail}", "Invalid date"),
    9051: (
        400,
        "400 Bad request: invalid value '{detail}' for enum '{field}'",
        "Invalid value for type.",
    ),
    9056: (
        308,
        (
            "Release candidates for V{version} are now disabled, your request will be redirected "
            "to the corresponding V{version} end point"
        ),
        (
            "Release candidates for V{version} are now disabled, your request will be redirected "
            "to the corresponding V{version} end point"
        ),
    ),
    9057: (409, "409 Conflict: The client is locked.", "The client is locked."),
    9058: (
        400,
        "404 Bad Request: Invalid contributor role: {detail}. Expected one of {values}.",
        "Invalid contributor role.",
    ),
}


class Refused(Exception):
    """ORCID says no, with one of its codes."""

    def __init__(
        self,
        code: int,
        detail: str = "",
        *,
        status: int = 0,
        headers: dict[str, str] | None = None,
        worded_as: int = 0,
        **fields: str,
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.status = status or CODES[code][0]
        self.headers = headers or {}
        self.worded_as = worded_as or code  # some refusals carry another code's text
        self.fields = fields


class OAuthRefused(Exception):
    """The answer of the layer before the API: OAuth-shaped, and it repeats the token."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(status, error)
        self.status = status
        self.body = {"error": error, "error_description": description}


def shape(refused: Refused, *, client: str = "ORCID") -> dict[str, Any]:
    """The error as ORCID's JSON prints it."""
    _, _, user = CODES[refused.code]
    _, developer, _ = CODES[refused.worded_as]
    fields = {"detail": refused.detail, "client": client, **refused.fields}
    message = developer.format(**fields)
    if refused.detail and "{detail}" not in developer:
        message = f"{message} Full validation error: {refused.detail}"
    return {
        "response-code": refused.status,
        "developer-message": message,
        "user-message": user.format(**fields),
        "error-code": refused.code,
        "more-info": MORE_INFO,
    }


def xml(error: dict[str, Any]) -> str:
    children = "\n".join(
        f"    <{name}>{escape(str(value))}</{name}>" for name, value in error.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<error xmlns="http://www.orcid.org/ns/error">\n{children}\n</error>\n'
    )


def unmapped(code: int, status: int) -> dict[str, Any]:
    """An error made up on demand, for a code that may not be in the table."""
    known = CODES.get(code, (status, "Error on demand.", "Error on demand."))
    blank = dict.fromkeys(
        (
            "detail",
            "client",
            "field",
            "values",
            "url",
            "body",
            "primary",
            "orcid",
            "version",
            "id",
            "uri",
        ),
        "",
    )
    return {
        "response-code": status or known[0],
        "developer-message": known[1].format(**blank),
        "user-message": known[2].format(**blank),
        "error-code": code,
        "more-info": MORE_INFO,
    }
