"""What looks like a secret: by the name of a variable, or by the form of its value.

Forms of tokens are detect-secrets' (https://github.com/Yelp/detect-secrets), and a few that it does not know. Its
import takes a third of a second, so only values that are long enough for a token cause it.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, Final

_NAMES: Final = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PWD|PASS|SECRET|TOKEN|CREDENTIAL|APIKEY|"
    r"(?:API|ACCESS|SECRET|PRIVATE|ENCRYPTION|SIGNING|AUTH|MASTER|SHARED|CLIENT|ACCOUNT|STORAGE)_?KEY)S?(?:_|\d*$)",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(
    r"^(?:MAX|MIN|USE|ENABLE|DISABLE|REQUIRE|ALLOW)_|"
    r"_(?:ALGORITHM|ARN|AUDIENCE|COUNT|DAYS|ENABLED|EXPIRY|FILE|HEADER|HOURS|ISSUER|LENGTH|LIMIT|MAX|MIN|MINUTES|NAME|"
    r"PATH|POLICY|PREFIX|REQUIRED|ROTATION|SECONDS|TTL|TYPE|URI|URL)$",
    re.IGNORECASE,
)
"""Names of what is about a secret, and is none: TOKEN_TTL."""

_FLAGS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "none"})

_FORMS: Final = (
    ("is a private key", re.compile(r"BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File-\d")),
    (
        "is a URL with a password",
        re.compile(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://[^/\s:@?#]*:[^/\s@]+@", re.IGNORECASE),
    ),
    (
        "has a password or a key among its parameters",
        re.compile(
            r"(?:^|[?&;\s])(?:password|passwd|pwd|secret|api_?key|access_?token|accountkey|sharedaccesskey|sig)="
            r"[^&;\s]{3,}",
            re.IGNORECASE,
        ),
    ),
    ("is a GitHub token", re.compile(r"\bgithub_pat_[A-Za-z0-9_]{36,}")),
    ("is an npm token", re.compile(r"\bnpm_[A-Za-z0-9]{36}\b")),
    ("is an API key", re.compile(r"\bsk-(?:proj|ant|svcacct)-[A-Za-z0-9_-]{20,}")),
    ("is a Google API key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    ("is a Docker Hub token", re.compile(r"\bdckr_[po]at_[A-Za-z0-9_-]{20,}")),
    ("is a Hugging Face token", re.compile(r"\bhf_[A-Za-z0-9]{34}\b")),
)

DETECTORS: Final = {
    "artifactory": "ArtifactoryDetector",
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "jwt": "JwtTokenDetector",
    "mailchimp": "MailchimpDetector",
    "npm": "NpmDetector",
    "openai": "OpenAIDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
    "telegram_token": "TelegramBotTokenDetector",
    "twilio": "TwilioKeyDetector",
}
"""Its detectors of tokens of certain makers. Those of high entropy take every digest for a secret."""

_SHORTEST_TOKEN: Final = 8
_LONGEST: Final = 64 * 1024
"""Bytes of a task definition: a longer value is refused for its length."""

_WINDOW: Final = 2048
"""Characters that are searched at a time: some patterns take the square of that long."""

_RANDOM: Final = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9+/_-]{32,}={0,2}")
_ENTROPY: Final = 4.5
"""Bits for each character above which detect-secrets takes base64 for a secret. Digests, in base 16, have 4."""


def suspicion(name: str, value: str) -> str | None:
    """Why the value of a variable looks like a secret, to be read after the value; None when it does not."""
    if _NAMES.search(name) and not _ABOUT.search(name) and not is_setting(value):
        return "has the name of a secret"
    return form_of_secret(value)


def is_setting(value: str) -> bool:
    """Whether a value can only be a setting, whatever its name is: a flag, or a number of few digits."""
    return value.casefold() in _FLAGS or (value.isdecimal() and len(value) < _SHORTEST_NUMBER)


_SHORTEST_NUMBER: Final = 4
"""Digits of a number that may be a code."""


def form_of_secret(value: str) -> str | None:
    """Why a value looks like a secret whatever its name is; None when it does not."""
    for start in range(0, min(len(value), _LONGEST), _WINDOW // 2):
        found = _form(value[start : start + _WINDOW])
        if found is not None:
            return found
    return None


def _form(value: str) -> str | None:
    for what, form in _FORMS:
        if form.search(value):
            return what
    if len(value) < _SHORTEST_TOKEN or value.isalpha() or value.isdecimal():
        return None
    for detector in _detectors():
        if any(True for _ in detector.analyze_string(value)):
            return f"has the form of a secret ({detector.secret_type})"
    if _RANDOM.fullmatch(value) and _entropy(value) > _ENTROPY:
        return "has the form of a secret (random characters)"
    return None


@cache
def _detectors() -> tuple[Any, ...]:
    return tuple(_loaded())


def _loaded() -> Iterator[Any]:
    for module, detector in DETECTORS.items():
        yield getattr(import_module(f"detect_secrets.plugins.{module}"), detector)()


def _entropy(text: str) -> float:
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
