"""The key that identifiers of people are hashed with, and the list of erased identifiers.

An identifier becomes the first 128 bits of its HMAC-SHA256 (RFC 2104), as 32 hexadecimal digits.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from logmart.landed.private_files import make_private_folder

KEY_VARIABLE = "LOGMART_ID_KEY"
KEY_FILE = "id_key"
LEAST_KEY_LENGTH = 16
HASH_LENGTH = 32
ERASED_VARIABLE = "LOGMART_ERASED"
_BLOCK_BYTES = 64
_CHECKED_TEXT = "logmart: the key that identifiers are hashed with"


class IdKeyError(Exception):
    """A key that cannot be used; the message names the key, the reason and the remedy."""


@dataclass(frozen=True)
class IdKey:
    """A key, and the file that it was generated in when the environment gives none."""

    secret: bytes = field(repr=False)
    made_file: Path | None = None

    def hash(self, identifier: str) -> str:
        """Return the keyed hash that replaces an identifier in the mart."""
        digest = hmac.new(self.secret, identifier.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return digest.hexdigest()[:HASH_LENGTH]

    @property
    def check(self) -> str:
        """Return a value that identifies this key without revealing it."""
        return self.hash(_CHECKED_TEXT)

    def blocks(self) -> tuple[bytes, bytes]:
        """Return the first blocks of the inner and the outer hash of RFC 2104."""
        secret = self.secret
        if len(secret) > _BLOCK_BYTES:
            secret = hashlib.sha256(secret).digest()
        padded = secret.ljust(_BLOCK_BYTES, b"\0")
        return bytes(byte ^ 0x36 for byte in padded), bytes(byte ^ 0x5C for byte in padded)


def load_id_key(database: Path) -> IdKey:
    """Return the key of the environment. Without one, return the key of a file beside the build
    database, and create that file if needed.

    Raises IdKeyError when the key is too short, or the file cannot be read or created.
    """
    text = os.environ.get(KEY_VARIABLE, "")
    if text:
        if len(text) < LEAST_KEY_LENGTH:
            raise IdKeyError(
                f"{KEY_VARIABLE} has {len(text)} characters: give it at least {LEAST_KEY_LENGTH},"
                " at random, and keep them"
            )
        return IdKey(text.encode())
    path = database.parent / KEY_FILE
    try:
        make_private_folder(path.parent)
        _make_key_file(path)
        secret = path.read_bytes().strip()
    except OSError as error:
        raise IdKeyError(f"{path} cannot be read or made ({error}): set {KEY_VARIABLE}") from error
    if len(secret) < LEAST_KEY_LENGTH:
        raise IdKeyError(f"{path} holds no key: remove it with {database}, and build anew")
    return IdKey(secret, made_file=path)


def _make_key_file(path: Path) -> None:
    """Create the file with a random key, atomically, unless it exists."""
    if path.exists():
        return
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()


@dataclass(frozen=True)
class ErasedId:
    """An entry of the list of erased identifiers.

    It holds the hash of an erased user, or of a device that nobody else used, and the check value
    of the key. Events of the device are erased up to `until`, in UTC. An entry of kind MARK holds
    a random mark instead, which belongs to no key. The mark distinguishes erased lines from lines
    that a sender wrote in the same form.
    """

    kind: str
    hash: str
    until: datetime | None
    key_check: str


MARK = "mark"


def new_mark() -> ErasedId:
    """Return a mark for the lines that will be erased."""
    return ErasedId(MARK, secrets.token_hex(HASH_LENGTH // 2), None, "-")


def erased_line(mark: str) -> str:
    """Return the text that replaces an erased line in a landed file. is_erased_line() of
    macros/landing/line_verdicts.sql recognizes it by its mark.
    """
    return f'{{"logmart":"erased","mark":"{mark}"}}'


def holds_for(item: ErasedId, key: IdKey) -> bool:
    """Return whether an entry of the list is valid under a key."""
    return item.kind == MARK or item.key_check == key.check


def erased_list_path(landing: Path) -> Path:
    """Return the path of the list of erased ids: LOGMART_ERASED, else beside the landing zone."""
    given = os.environ.get(ERASED_VARIABLE)
    return Path(given) if given else landing.with_name(f"{landing.name}.erased")


def read_erased(path: Path) -> list[ErasedId]:
    """Return the entries of the list; none when there is no list.

    Raises IdKeyError for a line that is no entry.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise IdKeyError(
            f"{path}, the list of erased ids, cannot be read ({error}): restore it"
        ) from error
    return [_erased_id(path, number, line) for number, line in enumerate(lines, 1)]


def write_erased(path: Path, erased: list[ErasedId]) -> None:
    """Replace the list in one step. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="ascii") as file:
        for item in erased:
            until = item.until.isoformat(timespec="microseconds") if item.until else "-"
            file.write(f"{item.kind} {item.hash} {until} {item.key_check}\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def _erased_id(path: Path, number: int, line: str) -> ErasedId:
    try:
        kind, digest, until, key_check = line.split(" ")
        moment = None if until == "-" else datetime.fromisoformat(until)
    except ValueError as error:
        raise IdKeyError(
            f"{path}, line {number} is no erased id (kind, hash, moment, key): restore the list"
        ) from error
    return ErasedId(kind, digest, moment, key_check)
