"""Secrets in environment variables are refused by name and by form, and no message shows one."""

import json
import re
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miyabi_infra.overlays.problems import Problem
from miyabi_infra.place import Place
from modules.secret_detection import DETECTORS, form_of_secret, suspicion
from tests.support import Project

A, N = "abcdefghijklmnopqrstuvwxyz", "0123456789"

FORMS = {
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n",
    "encrypted private key": "-----BEGIN ENCRYPTED PRIVATE KEY-----",
    "AWS access key": "AKIA" + "Q3EGVDXK7WJ2LMNP",
    "AWS secret access key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzKq8s2TvLd",
    "GitHub": "ghp_" + (A + N)[:36],
    "GitHub, fine-grained": "github_pat_" + (A + N) * 2,
    "GitLab": "glpat-" + A[:20],
    "Slack": "xoxb-123456789012-" + A,
    "Slack's hook": "https://hooks.slack.com/services/T0000/B0000/" + A,
    "Stripe": "sk_live_" + A[:24],
    "SendGrid": "SG." + A[:22] + "." + (A + A)[:43],
    "npm": "npm_" + (A + N)[:36],
    "PyPI": "pypi-AgEIcHlwaS5vcmc" + A * 3,
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP",
    "Telegram": "123456789:" + (A + N)[:35],
    "OpenAI": "sk-proj-" + A,
    "Google": "AIza" + (A + N)[:35],
    "a URL": "postgres://miyabi:hunter2@db.internal/miyabi",
    "a URL without a user": "redis://:hunter2@cache:6379",
    "a parameter": "https://example.com/hook?api_key=0123456789abcdef",
    "a connection string": "Server=db;User Id=sa;Password=hunter2;",
    "Azure": "AccountKey=" + "A" * 86 + "==",
}

HARMLESS = [
    ("LOG_LEVEL", "info"),
    ("GIT_COMMIT", "3f2c1ab0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4"),
    ("DIGEST", "sha256:" + "0123456789abcdef" * 4),
    ("REQUEST_ID", "7f6e5d4c-0000-4000-8000-000000000000"),
    ("REDIS_URL", "rediss://cache.internal:6379/0"),
    ("API_URL", "https://api.example.com/v1?page=1"),
    ("TOKEN_TTL", "3600"),
    ("PASSWORD_MIN_LENGTH", "12"),
    ("API_TOKEN", "0"),
    ("SECRET_ARN", "arn:aws:secretsmanager:us-west-2:123456789012:secret:miyabi/dev/db"),
    ("MAX_TOKENS", "4096"),
    ("REQUIRE_PASSWORD", "true"),
    ("COMPASS", "north"),
    ("PASSENGERS", "4"),
    ("FEATURES", "search,basket,checkout-with-card,recommendations"),
    ("CLASSPATH", "/opt/app/lib/Main2.jar:/opt/app/conf"),
    ("TEXT", 'literal ${HOME} and %{if}, "quoted" and é'),
]

NAMES = st.sampled_from(["PASSWORD", "SECRET", "TOKEN", "API_KEY", "PASSPHRASE", "CREDENTIALS", "PRIVATE_KEY", "PWD"])
WORD = st.from_regex(r"[A-Z]{1,6}Q", fullmatch=True)
"""A part of a name that says of no limit and no switch, as `MAX` and `USE` do: none of those ends so."""


@pytest.mark.parametrize("kind", FORMS)
def test_a_secret_is_refused_by_its_form_and_never_shown(project: Project, kind: str) -> None:
    secret = FORMS[kind]
    overlay = project.overlay("dev").read_text(encoding="utf-8")
    changed = re.sub(
        r"(\n +)LOG_LEVEL: info", rf"\g<0>\g<1>PLAIN: {json.dumps(secret)}".replace("\\n", r"\\n"), overlay
    )
    assert changed != overlay
    project.write("dev", changed)
    (problem,) = project.problems()
    assert problem.key == ("ecs", "environment_variables", "PLAIN")
    assert "ecs.secrets.PLAIN" in str(problem)
    assert secret[:20] not in str(problem)
    assert "hunter2" not in str(problem)


@pytest.mark.parametrize(("name", "value"), HARMLESS)
def test_what_is_about_secrets_or_only_long_is_none(name: str, value: str) -> None:
    assert suspicion(name, value) is None


@settings(max_examples=30)
@given(NAMES, WORD, st.booleans(), st.text(min_size=4))
def test_a_name_of_a_secret_is_enough(name: str, word: str, first: bool, value: str) -> None:  # noqa: FBT001
    if value.casefold() not in {"true", "false", "none"}:
        assert suspicion(f"{name}_{word}" if first else f"{word}_{name}", value)


@pytest.mark.parametrize("module", sorted(set(DETECTORS) - {"jwt", "npm"}))
def test_what_a_detector_knows_is_refused(module: str) -> None:
    detector = getattr(import_module(f"detect_secrets.plugins.{module}"), DETECTORS[module])()

    @settings(max_examples=5)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        pattern: re.Pattern[str] = data.draw(st.sampled_from(list(detector.denylist)))
        text = data.draw(st.from_regex(pattern, fullmatch=True))
        assert len(text) < 8 or form_of_secret(text) is not None

    check()


@pytest.mark.parametrize("secret", ["hunter2-hunter2", FORMS["GitHub"]])
@pytest.mark.parametrize(
    "overlay",
    [
        "ecs: {{password: '{secret}'}}",
        "password: '{secret}'",
        "ecs: {{environment_variables: {{TOKEN: ['{secret}']}}}}",
        "ecs: {{environment_variables: [{{TOKEN: '{secret}'}}]}}",
        "ecs: {{secrets: {{TOKEN: '{secret}'}}}}",
        "tags: {{Token: {{a: '{secret}'}}}}",
    ],
)
def test_no_message_shows_what_may_be_a_secret(project: Project, overlay: str, secret: str) -> None:
    project.write("qa", overlay.format(secret=secret) + "\n")
    problems = project.problems()
    assert problems
    assert not [problem for problem in problems if secret in str(problem)]


def test_a_key_that_is_a_secret_is_not_shown() -> None:
    secret = FORMS["GitHub"]
    assert secret not in str(Problem(Place(Path("dev.yaml"), 1), ("tags", secret), 1, "is wrong", "another"))


def test_a_reason_lets_a_false_alarm_pass_and_changes_no_output(project: Project) -> None:
    project.change("dev", ("LOG_LEVEL: info", "LOG_LEVEL: info\n    TOKEN: csrf"))
    assert [problem.key for problem in project.problems()] == [("ecs", "environment_variables", "TOKEN")]
    text = project.overlay("dev").read_text(encoding="utf-8")
    waiver = "  not_secret: {TOKEN: a field of a form}\n  environment_variables:"
    project.write("dev", text.replace("  environment_variables:", waiver))
    assert project.problems() == []
