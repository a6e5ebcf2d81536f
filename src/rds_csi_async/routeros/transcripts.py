"""What an appliance was asked and what it said, made fit to be given away. Pure.

The form is that of the cases in `tests/transcripts`: a header of `# key: value` lines, an empty line, the reply. What
tells where the appliance is, whose it is and which one it is goes: addresses, names, serial numbers, identifiers, keys,
secrets. What it said otherwise stays to the letter, since a case is worth nothing else.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from rds_csi_async.routeros.settings import ApplianceSettings

_UUID: Final = "40437dbc-2318-45dc-817b-b3bb95cf48ab"  # a file system's, in every transcript
_WORD: Final = r"[A-Za-z0-9._-]"
_TEXT: Final = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?')  # of JSON; a colon after it makes it a key
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_SECRET: Final = re.compile(r"serial|password|secret|passphrase|encryption-key|fs-label|identity")
_WORDS_OF_ROUTEROS: Final = frozenset({'"type"', '"fs"', '"state"'})  # a pool may be called raid
_SHAPES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"(?<![0-9.])(?:\d{1,3}\.){3}\d{1,3}(?![0-9.])"), "192.0.2.1"),
    (re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])"), "00:00:5E:00:53:00"),
    (re.compile(r"(?<![0-9A-Za-z:])(?=[0-9A-Fa-f:]*::|(?:[0-9A-Fa-f]{1,4}:){7})[0-9A-Fa-f:]{3,39}(?![0-9A-Za-z:])"),
     "2001:db8::1"),
    (re.compile(r"(?<!uuid:)\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), _UUID),
    (re.compile(r"SHA256:[A-Za-z0-9+/=]{20,}"), "SHA256:redacted"),
    (re.compile(r"DHHC-1:[A-Za-z0-9+/=:]+"), "DHHC-1:redacted"),
    (re.compile(r"(?:ssh-(?:rsa|ed25519)|ecdsa-sha2-\S+) [A-Za-z0-9+/=]{20,}"), "ssh-redacted"),
)  # fmt: skip
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One line and its reply; `token` is what its frame ended with."""

    key: str  # of the assumption that it was for
    what: str
    line: str
    reply: str
    token: str


def names_of(settings: ApplianceSettings, extra: Iterable[str] = ()) -> dict[str, str]:
    """Give what in the settings says whose appliance it is, and what takes its place."""
    names = {settings.host: "appliance", **dict.fromkeys(extra, "redacted")}
    for number, pool in enumerate(settings.pools, start=1):
        names |= {pool.slot: f"pool{number}", pool.fs_uuid: _UUID}
    return {name: other for name, other in names.items() if name}


def redact(text: str, names: Names, user: str = "") -> str:
    """Take out what is nobody else's business. Keys of JSON and the words of the language stay.

    A user is named by the console's messages alone, and not in rows.
    """
    said = {**names, user: "user"} if user else names
    lines = text.split("\n")
    return "\n".join(_redact_row(line, names) if line.startswith("{") else _redact_words(line, said) for line in lines)


def _redact_row(row: str, names: Names) -> str:
    key = ""

    def clean(match: re.Match[str]) -> str:
        nonlocal key
        if match[2]:
            key = match[1]
            return match[0]
        if _SECRET.search(key):
            return '"redacted"'
        return match[0] if key in _WORDS_OF_ROUTEROS else _redact_words(match[0], names)

    return _TEXT.sub(clean, row)


def _redact_words(text: str, names: Names) -> str:
    for pattern, instead in _SHAPES:
        text = pattern.sub(instead, text)
    for name, instead in sorted(names.items(), key=lambda pair: -len(pair[0])):
        text = re.sub(rf"(?<!{_WORD}){re.escape(name)}(?!{_WORD})", instead, text)
    return text


def redact_command(line: str, names: Names) -> str:
    """Redact a line that was sent: its quoted texts alone, since a name of somebody's may be a word of the language."""
    return _QUOTED.sub(lambda match: _redact_words(match[0], names), line)


def render_transcript(exchange: Exchange, version: str, verdict: str, names: Names, user: str = "") -> str:
    """Write a case. Line ends become those of files, and the token `TOKEN`."""
    header = {
        "version": version.split(" ", maxsplit=1)[0] or "unknown",
        "command": exchange.what,
        "source": "captured by rds-csi doctor --probe",
        "assumption": f"{exchange.key}: {redact(verdict, names, user)}",
        "line": redact_command(exchange.line, names),
    }
    head = "".join(f"# {key}: {_on_one_line(value)}\n" for key, value in header.items())
    body = redact(exchange.reply.replace("\r\n", "\n"), names, user)
    return f"{head}\n{body}".replace(exchange.token, "TOKEN")


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
