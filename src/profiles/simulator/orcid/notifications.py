"""Permission notifications: what a trusted client may put into a person's inbox, and what becomes of it."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import orjson

from ..clock import iso_millis
from .refusal import Refused
from .shapes import client_id
from .state import Client, PermissionRequest, Person, Registry, Token
from .vocabulary import RELATIONSHIPS

Json = dict[str, Any]

SCOPE: Final = "/premium-notification"
# notification-permission-3.0.xsd
LONGEST: Final = 1000
ITEM_TYPES: Final = (
    "employment",
    "education",
    "qualification",
    "invited-position",
    "distinction",
    "membership",
    "service",
    "funding",
    "work",
    "peer-review",
)
# What the server sets; it may be sent and is ignored.
READ_ONLY: Final = frozenset(
    {
        "put-code",
        "created-date",
        "sent-date",
        "read-date",
        "actioned-date",
        "archived-date",
        "source",
    }
)
FIELDS: Final = (
    "notification-type",
    "authorization-url",
    "notification-subject",
    "notification-intro",
    "items",
)


def may_notify(token: Token | None, client: Client) -> None:
    if client.locked:
        raise Refused(9057)
    if token is None or SCOPE not in token.scopes:
        raise Refused(9038)


def read(body: bytes, *, site: str) -> Json:
    """The notification that was sent, checked as the schema has it."""
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(9047, str(error)) from None
    given = _object(sent, "NotificationPermission", FIELDS + tuple(READ_ONLY))
    if given.get("notification-type") != "permission":
        raise Refused(
            9047,
            f"invalid value '{given.get('notification-type')}' for enum 'NotificationType', "
            "expected one of [permission]",
        )
    return {
        "notification-type": "permission",
        "authorization-url": _address(given.get("authorization-url"), site=site),
        "notification-subject": _text(given, "notification-subject", limit=0),
        "notification-intro": _text(given, "notification-intro", limit=LONGEST),
        "items": {"item": _items(given.get("items"))},
    }


def _object(value: object, where: str, known: tuple[str, ...]) -> Json:
    if not isinstance(value, dict):
        raise Refused(9047, f"Cannot deserialize instance of `{where}`")
    for name in value:
        if name not in known:
            raise Refused(9047, f'Unrecognized field "{name}", not marked as ignorable')
    return value


def _text(given: Json, name: str, *, limit: int) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise Refused(9020, f"{name} is missing")
    if limit and len(value) > limit:
        raise Refused(9020, f"{name} is longer than {limit} characters")
    return value


def _address(value: object, *, site: str) -> Json:
    """Where the person decides. A path alone is one at ORCID."""
    given = _object(value, "AuthorizationUrl", ("uri", "path", "host"))
    uri = given.get("uri") or (f"{site}{given['path']}" if given.get("path") else "")
    if not isinstance(uri, str) or not uri:
        raise Refused(9020, "authorization-url is missing")
    parts = urlsplit(uri)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return {"uri": uri, "path": path, "host": parts.netloc}


def _items(value: object) -> list[Json]:
    given = _object(value, "Items", ("item",)).get("item")
    if not isinstance(given, list) or not given:
        raise Refused(9020, "items is empty")
    return [_item(one) for one in given]


def _item(value: object) -> Json:
    item = _object(value, "Item", ("item-type", "item-name", "external-id", "put-code"))
    if item.get("item-type") not in ITEM_TYPES:
        raise Refused(9047, f"invalid value '{item.get('item-type')}' for enum 'ItemType'")
    name = _text(item, "item-name", limit=LONGEST)
    kept: Json = {"put-code": None, "item-type": item["item-type"], "item-name": name}
    kept["external-id"] = _external_id(item.get("external-id"))
    return kept


def _external_id(value: object) -> Json | None:
    if value is None:
        return None
    names = ("external-id-type", "external-id-value", "external-id-url", "external-id-relationship")
    given = _object(value, "ExternalID", names)
    relationship = given.get("external-id-relationship")
    if relationship is not None and relationship not in RELATIONSHIPS:
        raise Refused(9047, f"invalid value '{relationship}' for enum 'Relationship'")
    return {
        "external-id-type": _text(given, "external-id-type", limit=0),
        "external-id-value": _text(given, "external-id-value", limit=0),
        "external-id-url": given.get("external-id-url"),
        "external-id-relationship": relationship,
    }


# --- the inbox ---


def add(registry: Registry, person: Person, client: Client, content: Json) -> PermissionRequest:
    if not person.takes_notifications:
        raise Refused(9032, orcid=person.orcid)
    request = PermissionRequest(
        put_code=next(registry.numbers),
        client_id=client.id,
        content=content,
        created=registry.clock.millis(),
    )
    registry.permission_requests[person.orcid].append(request)
    return request


def own(registry: Registry, orcid: str, client: Client) -> list[PermissionRequest]:
    """A client sees its own only, archived ones too."""
    found = registry.permission_requests.get(orcid, ())
    return [request for request in found if request.client_id == client.id]


def one(registry: Registry, orcid: str, client: Client, put_code: int) -> PermissionRequest:
    for request in own(registry, orcid, client):
        if request.put_code == put_code:
            return request
    raise Refused(9029, id=str(put_code), orcid=orcid)


def archive(registry: Registry, orcid: str, client: Client, put_code: int) -> PermissionRequest:
    """What the person has read is theirs."""
    request = one(registry, orcid, client, put_code)
    if request.read:
        raise Refused(9009)
    request.archived = request.archived or registry.clock.millis()
    return request


def shown_to(registry: Registry, orcid: str) -> list[PermissionRequest]:
    """The person's inbox; what is shown there has been read."""
    found = [one for one in registry.permission_requests.get(orcid, ()) if not one.archived]
    for request in found:
        request.read = request.read or registry.clock.millis()
    return found


# --- how it is printed ---


def printed(request: PermissionRequest, client: Client) -> Json:
    def at(millis: int) -> Json | None:
        return {"value": millis} if millis else None

    return {
        "put-code": request.put_code,
        **request.content,
        "created-date": at(request.created),
        "sent-date": None,  # by digest mail, which is not sent here
        "read-date": at(request.read),
        "actioned-date": at(request.actioned),
        "archived-date": at(request.archived),
        "source": {
            "source-orcid": None,
            "source-client-id": client_id(client.id),
            "source-name": {"value": client.name},
        },
    }


_XMLNS: Final = (
    ' xmlns:common="http://www.orcid.org/ns/common"'
    ' xmlns:notification="http://www.orcid.org/ns/notification"'
)
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def xml(shown: Json) -> str:
    return _HEAD + _notification(shown, _XMLNS)


def list_xml(shown: Json) -> str:
    inside = "".join(_notification(each) for each in shown["notifications"])
    return f"{_HEAD}<notification:notifications{_XMLNS}>{inside}</notification:notifications>"


def _notification(shown: Json, namespaces: str = "") -> str:
    address = shown["authorization-url"]
    inside = _elements("notification", shown, ("notification-type",))
    inside += _wrapped(
        "authorization-url", _elements("notification", address, ("uri", "path", "host"))
    )
    inside += _elements("notification", shown, ("notification-subject", "notification-intro"))
    inside += _wrapped("items", "".join(_item_xml(item) for item in shown["items"]["item"]))
    for name in ("created-date", "sent-date", "read-date", "actioned-date", "archived-date"):
        if shown[name] is not None:
            prefix = "notification" if name == "actioned-date" else "common"
            inside += f"<{prefix}:{name}>{iso_millis(shown[name]['value'])}</{prefix}:{name}>"
    inside += _source_xml(shown["source"])
    put_code = shown["put-code"]
    return (
        f'<notification:notification put-code="{put_code}"{namespaces}>'
        f"{inside}</notification:notification>"
    )


def _item_xml(item: Json) -> str:
    inside = _elements("notification", item, ("item-type", "item-name"))
    if item["external-id"] is not None:
        names = ("external-id-type", "external-id-value")
        parts = _elements("common", item["external-id"], names)
        if item["external-id"]["external-id-url"] is not None:
            url = escape(item["external-id"]["external-id-url"]["value"])
            parts += f"<common:external-id-url>{url}</common:external-id-url>"
        parts += _elements("common", item["external-id"], ("external-id-relationship",))
        inside += f"<common:external-id>{parts}</common:external-id>"
    return _wrapped("item", inside)


def _source_xml(source: Json) -> str:
    client = _elements("common", source["source-client-id"], ("uri", "path", "host"))
    name = escape(source["source-name"]["value"])
    return (
        f"<common:source><common:source-client-id>{client}</common:source-client-id>"
        f"<common:source-name>{name}</common:source-name></common:source>"
    )


def _wrapped(name: str, inside: str) -> str:
    return f"<notification:{name}>{inside}</notification:{name}>"


def _elements(prefix: str, shown: Json, names: tuple[str, ...]) -> str:
    return "".join(
        f"<{prefix}:{name}>{escape(str(shown[name]))}</{prefix}:{name}>"
        for name in names
        if shown.get(name) is not None
    )
