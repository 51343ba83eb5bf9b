"""The environment: what is accepted, what is refused, and in which words."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from profiles.config import SETTINGS, WrongSettings, load
from profiles.ops.doctor import markdown_table

ROOT = Path(__file__).parents[2]
FERNET = base64.urlsafe_b64encode(b"k" * 32).decode()
OTHER_FERNET = base64.urlsafe_b64encode(b"o" * 32).decode()


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


RSA = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
KEYS = {"SECRET_KEY": "s" * 32, "SEALING_KEYS": FERNET, "SIGNING_KEYS": RSA}
LOCAL_ORCID = dict.fromkeys(
    ("ORCID_URL", "ORCID_API_URL", "ORCID_PUBLIC_API_URL"), "http://localhost:8001"
)


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(WrongSettings) as caught:
        load(environ)
    return caught.value.problems


def test_nothing_set_is_a_service_on_this_machine_against_the_real_services() -> None:
    config = load({})
    assert config.is_loopback
    assert config.database_url is None
    assert config.orcid_api_url == "https://api.orcid.org"
    assert config.datacite_api_url == "https://api.datacite.org"
    assert config.orcid_rate == 24
    assert config.orcid_burst == 40
    assert config.part_rule == "components"
    assert config.orcid_client is None
    assert config.orcid_clients == {}


WRONG = [
    # a setting, its value, a word of the problem                           # remark
    ("PROFILES_BASE_URL", "http://profiles.example.org", "https"),  # plain http outside
    (
        "PROFILES_BASE_URL",
        "https://example.org/profiles",
        "path",
    ),  # issuer and cookies are per host
    ("PROFILES_BASE_URL", "profiles.example.org", "like https://"),
    ("PROFILES_BASE_URL", "https://u:p@example.org", "user"),
    ("PROFILES_BASE_URL", "http://localhost:80800", "port"),
    ("PROFILES_BASE_URL", "http://localhost.example.org", "https"),  # only looks like loopback
    ("PROFILES_BASE_URL", "http://127.0.0.1.example.org", "https"),  # so does this
    ("PROFILES_BASE_URL", "http://[::1", "like https://"),  # a bracket too few
    ("ORCID_URL", "http://[orcid.org]", "like https://"),  # no address in brackets
    ("DATABASE_URL", "postgresql://u:p[w@h/d", "%5B"),  # a bracket in a password
    ("EMAIL_URL", "smtp://u:p[w@mail.example.org", "%5B"),
    (
        "OIDC_PROVIDERS",
        '[{"id":"g","name":"G","issuer":"https://[g","client_id":"a","client_secret":"b"}]',
        "issuer must be an address like",
    ),
    ("ORCID_URL", "http://orcid.org", "https"),
    ("ORCID_API_URL", "http://api.orcid.org", "https"),
    ("GLOBUS_URL", "http://auth.globus.org", "https"),
    ("DATACITE_API_URL", "http://api.datacite.org", "https"),
    ("DATACITE_API_URL", "ftp://api.datacite.org", "like https://"),
    ("DATABASE_URL", "mysql://localhost/profiles", "postgresql://"),
    ("PROFILES_HOME", "data", "absolute"),
    ("SECRET_KEY", "short", "32 characters"),
    ("SEALING_KEYS", "not-a-key", "Fernet"),
    ("SEALING_KEYS", f"{FERNET},{FERNET[:-5]}", "Fernet"),  # the second one is cut
    ("SIGNING_KEYS", "-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----", "RSA"),
    ("SIGNING_KEYS", pem(ec.generate_private_key(ec.SECP256R1())), "RSA"),  # another kind
    ("SIGNING_KEYS", RSA + "rest", "RSA"),  # something beside the keys
    ("ORCID_RATE", "fast", "number"),
    ("ORCID_NOTIFICATIONS", "true", "on or off"),
    ("ORCID_WEBHOOKS", "1", "on or off"),
    ("ORCID_RATE", "0", "above 0"),
    ("ORCID_RATE", "nan", "above 0"),
    ("ORCID_BURST", "4.5", "whole number"),
    ("ORCID_BURST", "-1", "whole number"),
    ("EXCLUDE_PREFIXES", "10.5072 zenodo", "zenodo"),
    ("PART_RULE", "lenient", "strict"),
    ("SSO_COOKIE_DOMAIN", "data cite", "domain"),
    ("SSO_COOKIE_DOMAIN", "datacite.org", "holds localhost"),  # not the service's own
    ("EMAIL_URL", "mail.example.org", "smtp://"),
    ("EMAIL_FROM", "nobody", "e-mail"),
    ("DATACITE_MAILTO", "x@y\nBcc: z@y", "e-mail"),  # no header smuggling
    ("HARVEST_SECONDS", "0", "1 to 59"),
    ("HARVEST_SECONDS", "61", "whole minutes"),
    ("HARVEST_SECONDS", "7200", "3600"),
    ("OIDC_PROVIDERS", "{}", "JSON list"),
    ("OIDC_PROVIDERS", '[{"id": "g"}]', "name"),
    ("ORCID_CLIENT_ID", " ", "empty"),
    ("SECRET_KEY", "", "empty"),
]


@pytest.mark.parametrize(("name", "value", "word"), WRONG)
def test_a_wrong_value_is_one_line_that_names_the_setting(name: str, value: str, word: str) -> None:
    (line, *_) = [line for line in problems({name: value}) if line.startswith(name)]
    assert word in line
    assert "\n" not in line


RIGHT = [
    # a setting, its value, the field, what it becomes
    ("PROFILES_BASE_URL", "http://localhost:9000/", "base_url", "http://localhost:9000"),
    ("PROFILES_BASE_URL", "http://[::1]:8000", "is_loopback", True),
    ("PROFILES_BASE_URL", "http://127.0.0.9:8000", "is_loopback", True),
    ("DATABASE_URL", "postgres://u@h/d", "database_url", "postgres://u@h/d"),
    ("PROFILES_HOME", "/srv/profiles", "home", Path("/srv/profiles")),
    ("SEALING_KEYS", f"{FERNET}, {OTHER_FERNET}", "sealing_keys", (FERNET, OTHER_FERNET)),
    ("SIGNING_KEYS", RSA + RSA, "signing_keys", (RSA, RSA)),
    ("SIGNING_KEYS", RSA.replace("\n", "\\n"), "signing_keys", (RSA,)),  # on one line
    ("ORCID_RATE", "2.5", "orcid_rate", 2.5),
    ("ORCID_NOTIFICATIONS", "off", "orcid_notifications", False),
    ("EXCLUDE_PREFIXES", "10.5072, 10.5555", "exclude_prefixes", {"10.5072", "10.5555"}),
    ("PART_RULE", "strict", "part_rule", "strict"),
    ("HARVEST_SECONDS", "1", "harvest_seconds", 1),
    ("HARVEST_SECONDS", "3600", "harvest_seconds", 3600),
    ("ORCID_URL", "https://sandbox.orcid.org", "orcid_host", "sandbox.orcid.org"),
    ("ORCID_URL", "https://sandbox.orcid.org", "orcid_api_url", "https://api.sandbox.orcid.org"),
    ("ORCID_URL", "https://qa.orcid.org", "orcid_public_api_url", "https://pub.qa.orcid.org"),
]


@pytest.mark.parametrize(("name", "value", "field", "becomes"), RIGHT)
def test_a_right_value_is_read(name: str, value: str, field: str, becomes: object) -> None:
    assert getattr(load({name: value}), field) == becomes


def test_all_mistakes_are_told_at_once() -> None:
    assert len(problems({"PART_RULE": "x", "ORCID_RATE": "x", "HARVEST_SECONDS": "x"})) == 3


def test_outside_this_machine_every_key_must_be_given() -> None:
    outside = {"PROFILES_BASE_URL": "https://profiles.example.org"}
    assert {line.split()[0] for line in problems(outside)} == set(KEYS)
    assert load(outside | KEYS).signing_keys == (RSA,)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_can_come_from_a_file(setting: object, tmp_path: Path) -> None:
    name = setting.name  # type: ignore[attr-defined]
    file = tmp_path / "value"
    file.write_text("\n")
    (line, *_) = [line for line in problems({f"{name}_FILE": str(file)}) if line.startswith(name)]
    assert "empty" in line


def test_a_file_gives_the_same_as_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{FERNET}\n{OTHER_FERNET}\n")
    assert load({"SEALING_KEYS_FILE": str(file)}).sealing_keys == (FERNET, OTHER_FERNET)


def test_a_variable_and_its_file_are_one_too_many(tmp_path: Path) -> None:
    assert "both set" in problems({"SECRET_KEY": "s" * 32, "SECRET_KEY_FILE": "/x"})[0]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (line,) = problems({"SECRET_KEY_FILE": str(tmp_path / "absent")})
    assert "absent" in line
    assert "No such file" in line


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("PROFILE_BASE_URL", "PROFILES_BASE_URL"),
        ("PROFILES_BASE_URI", "PROFILES_BASE_URL"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("ORCID_CLIENT", "ORCID_CLIENT_ID"),
        ("SEALING_KEY", "SEALING_KEYS"),
        ("SECRET_KEY_FILES", "SECRET_KEY_FILE"),
    ],
)
def test_a_misspelt_name_is_not_passed_over(wrong: str, meant: str) -> None:
    (line,) = problems({wrong: "x"})
    assert f"did you mean {meant}?" in line


# What Kubernetes (for a service named "profiles"), GitHub Actions and other frameworks set.
STRANGERS = (
    "PROFILES_PORT",
    "PROFILES_SERVICE_HOST",
    "PROFILES_SERVICE_PORT",
    "PROFILES_PORT_8000_TCP",
    "PROFILES_PORT_8000_TCP_ADDR",
    "GITHUB_ACTION",
    "GITHUB_ACTIONS",
    "GITHUB_ACTOR",
    "GITHUB_ENV",
    "GITHUB_JOB",
    "GITHUB_PATH",
    "GITHUB_REF",
    "GITHUB_REPOSITORY",
    "GITHUB_RUN_ID",
    "GITHUB_SERVER_URL",
    "GITHUB_SHA",
    "GITHUB_TOKEN",
    "GITHUB_GRAPHQL_URL",
    "GITHUB_WORKSPACE",
    "SECRET_KEY_BASE",
    "DATABASE_HOST",
    "EMAIL_HOST",
    "ORCID_PORT",
    "PATH",
    "HOME",
)


def test_what_others_set_is_left_alone() -> None:
    assert load(dict.fromkeys(STRANGERS, "x")) == load({})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ORCID_CLIENT_ID", "ORCID_CLIENT_SECRET"),
        ("ORCID_AUTO_UPDATE_CLIENT_SECRET", "ORCID_AUTO_UPDATE_CLIENT_ID"),
        ("GLOBUS_CLIENT_ID", "GLOBUS_CLIENT_SECRET"),
        ("DATACITE_USERNAME", "DATACITE_PASSWORD"),
    ],
)
def test_half_a_pair_is_a_mistake(one: str, other: str) -> None:
    (line,) = problems({one: "x"})
    assert line.startswith(f"{other} must be set too")


def test_a_purpose_has_its_own_client_or_that_of_sign_in() -> None:
    client = {"ORCID_CLIENT_ID": "APP-1", "ORCID_CLIENT_SECRET": "one"}
    own = {"ORCID_AUTO_UPDATE_CLIENT_ID": "APP-2", "ORCID_AUTO_UPDATE_CLIENT_SECRET": "two"}
    clients = load(client | own).orcid_clients
    assert {purpose: each.id for purpose, each in clients.items()} == {
        "auto_update": "APP-2",
        "search_and_link": "APP-1",
    }


def test_tokens_of_one_orcid_never_go_to_another() -> None:
    mixed = {"ORCID_URL": "https://sandbox.orcid.org", "ORCID_API_URL": "https://api.orcid.org"}
    assert "different ORCIDs" in problems(mixed)[0]
    simulated = {"ORCID_URL": "http://localhost:8001"}
    assert {line.split()[0] for line in problems(simulated)} == {
        "ORCID_API_URL",
        "ORCID_PUBLIC_API_URL",
    }
    assert load(LOCAL_ORCID).orcid_host == "orcid.org"


@pytest.mark.parametrize("taken", ["orcid", "globus", "mine"])
def test_each_provider_has_an_id_of_its_own(taken: str) -> None:
    one = '{"id": "%s", "name": "X", "issuer": "https://x.example", "client_id": "a", "client_secret": "b"}'
    text = f"[{one % 'mine'}, {one % taken}]"
    assert f"{taken} is taken" in problems({"OIDC_PROVIDERS": text})[0]


def test_secrets_do_not_show() -> None:
    secret = "top-secret-top-secret-top-secret"
    provider = (
        '[{"id": "x", "name": "X", "issuer": "https://x.example", "client_id": "a",'
        f' "client_secret": "{secret}"}}]'
    )
    config = load(
        KEYS
        | {
            "SECRET_KEY": secret,
            "DATABASE_URL": f"postgres://u:{secret}@h/d",
            "ORCID_CLIENT_ID": "APP-1",
            "ORCID_CLIENT_SECRET": secret,
            "OIDC_PROVIDERS": provider,
            "DATACITE_USERNAME": "u",
            "DATACITE_PASSWORD": secret,
            "EMAIL_URL": f"smtp://u:{secret}@h",
            "EMAIL_FROM": "a@b.example",
        }
    )
    assert secret not in repr(config)
    assert FERNET not in repr(config)
    assert "PRIVATE KEY" not in repr(config)


def test_a_wrong_secret_is_not_repeated() -> None:
    for setting in SETTINGS:
        if setting.secret:
            found = load_problems({setting.name: "hush-hush"})
            assert not any("hush-hush" in line for line in found)


def load_problems(environ: dict[str, str]) -> tuple[str, ...]:
    try:
        load(environ)
    except WrongSettings as error:
        return error.problems
    return ()


def test_the_readme_lists_every_setting() -> None:
    assert markdown_table() in (ROOT / "README.md").read_text(), (
        "put the output of `./profiles doctor --settings` into README.md"
    )


def test_asking_and_listening_at_orcid_need_a_client() -> None:
    switches = {"ORCID_NOTIFICATIONS": "on", "ORCID_WEBHOOKS": "on"}
    found = problems(switches)
    assert len(found) == 2
    assert all("ORCID_AUTO_UPDATE_CLIENT_ID" in each for each in found)
    config = load(switches | {"ORCID_CLIENT_ID": "APP-1", "ORCID_CLIENT_SECRET": "s"})
    assert config.orcid_notifications
    assert config.orcid_webhooks
    assert not load({}).orcid_notifications
    assert not load({}).orcid_webhooks
