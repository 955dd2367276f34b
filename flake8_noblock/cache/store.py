"""What earlier runs worked out, on disk for all processes of a user: bytes by kind and key, each entry a file of its own.

A file is written beside its place and moved there, so that a reader finds all of it or nothing; there is no lock, nothing
stays open, and processes know nothing of each other. Whatever goes wrong with the disk costs the entry, never the run.
"""

from __future__ import annotations

import os
import stat
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

FORMAT = 1
"""Part of the folder's name and of every checksum: entries of another format are neither found nor believed."""

LIMIT = 400_000_000
"""Bytes on disk that a store may take, if its maker says nothing else."""

LARGEST = 64_000_000
"""Bytes: a larger value is neither kept nor given."""

SHARDS = 64
"""Folders that the entries lie in, by the hash of the key: each takes an equal part of the limit and is tidied by itself."""

_WRITES_PER_CHECK = 64
_BLOCK = 4096
_MARK = 16
_LEVEL = 1
_HOUR = 3600
_DAY = 24 * _HOUR
_FORGOTTEN = 30 * _DAY
_LONGEST_KIND = 16
_FOLDER = "noblock-"
_TEMPORARY = ".tmp"
_PLAIN, _DEFLATED = b"p", b"d"
_PERSON = b"noblock-%d" % FORMAT
_LABELS = {
    "CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n# Made by flake8-noblock; it may be removed at any time.\n",
    ".gitignore": b"*\n",
}
_BINARY: int = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
# Opening a pipe that someone has put in an entry's place must not wait for a writer.
_READ: int = os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0)
_WRITE: int = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY


@dataclass(frozen=True, slots=True)
class Size:
    """How much a store holds: entries, bytes on disk, and both for each kind."""

    entries: int
    bytes: int
    kinds: dict[str, tuple[int, int]]


class Store:
    """Bytes by kind and key, in `folder`, which is made with the first flush; None: nothing is kept.

    A kind is a word of at most 16 small letters and digits. A folder that is a link, belongs to another user or is open to
    everybody's writing is not used. When the files take more than `limit` bytes, those that were not used for longest go.
    """

    def __init__(self, folder: Path | None, limit: int = LIMIT) -> None:
        self._folder = None if folder is None else os.path.abspath(folder)
        self._root = os.path.join(self._folder or "", f"{_FOLDER}{FORMAT}")
        self._limit = limit
        self._pending: dict[str, bytes] = {}
        self._trusted: bool | None = False if folder is None else None

    def get(self, kind: str, key: bytes) -> bytes | None:
        """The value that was put last, by whichever process; None where there is none that is whole.

        Raises ValueError for what is no kind.
        """
        name = _name(kind, key)
        if name in self._pending:
            return self._pending[name]
        if not self._usable():
            return None
        content = _content(self._path(name))
        return None if content is None else _unpacked(name, content)

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        """Keep a value: in memory until `flush`.

        Raises ValueError for what is no kind.
        """
        name = _name(kind, key)
        if self._trusted is not False and len(value) <= LARGEST:
            self._pending[name] = value

    def flush(self) -> None:
        """Write what was put since the last flush, and tidy up; what can't be written is dropped."""
        pending, self._pending = self._pending, {}
        if not pending or not self._made():
            return
        with suppress(OSError):
            self._write(pending)
        self._trim(1 + len(pending) // _WRITES_PER_CHECK)

    def close(self) -> None:
        """Flush. The store may be used again."""
        self.flush()

    def clear(self) -> None:
        """Remove every entry, of other formats too; the folder stays."""
        self._pending.clear()
        with suppress(OSError):
            if self._folder is not None and self._usable_folder():
                for path, _ in list(_formats(self._folder)):
                    _remove(path)

    def size(self) -> Size:
        """How much lies on disk, what other processes have written included."""
        kinds: dict[str, tuple[int, int]] = {}
        if self._usable():
            for number in range(SHARDS):
                for file in _files(self._shard(number)):
                    kind = os.path.basename(file.path).partition("-")[2]
                    if kind and not kind.endswith(_TEMPORARY):
                        entries, size = kinds.get(kind, (0, 0))
                        kinds[kind] = entries + 1, size + file.size
        counts = kinds.values()
        return Size(sum(entries for entries, _ in counts), sum(size for _, size in counts), kinds)

    def _shard(self, number: int) -> str:
        return f"{self._root}{os.sep}{number:02}"

    def _path(self, name: str) -> str:
        return f"{self._shard(int(name[:2], 16) % SHARDS)}{os.sep}{name}"

    def _usable(self) -> bool:
        """Whether there are folders of this user to read from; False is final once a folder is there that isn't."""
        if self._trusted is None:
            try:
                self._trusted = self._usable_folder() and _is_private(self._root)
            except FileNotFoundError:
                return False
            except OSError:
                self._trusted = False
        return self._trusted is True

    def _usable_folder(self) -> bool:
        """Whether the outer folder may be used.

        Raises OSError where it can't be told, FileNotFoundError where there is none.
        """
        mode = _own(self._folder or "")
        return mode is not None and (not mode & stat.S_IWOTH or bool(mode & stat.S_ISVTX))

    def _made(self) -> bool:
        """Whether there are folders of this user to write to, made now where they were missing."""
        if self._folder is None or self._trusted is False:
            return False
        self._trusted = None
        try:
            _make(self._folder)
            if self._usable_folder() and _make(self._root):
                _label(self._root)
        except OSError:
            return False
        if self._usable():
            _renew(self._folder, self._root)
        return self._trusted is True

    def _write(self, pending: dict[str, bytes]) -> None:
        """Write entries, by the names of their files.

        Raises OSError for what the other entries would meet too, a full disk first of all.
        """
        own: set[str] = set()
        for name, value in pending.items():
            path = self._path(name)
            shard = os.path.dirname(path)
            if shard not in own:
                _make(shard)
                if _own(shard) is None:
                    continue
                own.add(shard)
            _put_file(path, _packed(name, value))

    def _trim(self, count: int) -> None:
        """Tidy so many shards, from any one on. Since hashes spread evenly, all come up, and no flush has to look at all."""
        first = os.urandom(1)[0]
        for number in range(first, first + min(count, SHARDS)):
            _trim_shard(self._shard(number % SHARDS), self._limit // SHARDS)


def user_folder() -> Path | None:
    """The folder for this program in the user's cache folder; None where the system names none."""
    from platformdirs import user_cache_path

    folder = user_cache_path("flake8-noblock", appauthor=False)
    return folder if folder.is_absolute() else None


class _File(NamedTuple):
    """A file of a shard. Sorted, the one that was not used for longest comes first. `size` is in whole blocks."""

    used: float
    size: int
    path: str


def _name(kind: str, key: bytes) -> str:
    """The name of an entry's file, from which no other kind and key could come.

    Raises ValueError for what is no kind.
    """
    if not (kind.isascii() and kind.isalnum() and kind.islower() and len(kind) <= _LONGEST_KIND):
        raise ValueError(f"not a kind: {kind!r}")
    return f"{blake2b(key, digest_size=16).hexdigest()}-{kind}"


def _packed(name: str, value: bytes) -> bytes:
    """The content of the file of this name: a checksum, how the value is written, and the value."""
    # What fits into the block that a file takes anyway isn't worth the time.
    short = len(value) <= _BLOCK - _MARK - len(_PLAIN)
    payload = _PLAIN + value if short else _DEFLATED + zlib.compress(value, _LEVEL)
    return _mark(name, payload) + payload


def _unpacked(name: str, content: bytes) -> bytes | None:
    """The value in the file of this name; None where this is not what `_packed` has made."""
    payload = memoryview(content)[_MARK:]
    if content[:_MARK] != _mark(name, payload):
        return None
    written, rest = payload[:1], payload[1:]
    return bytes(rest) if written == _PLAIN else _inflated(rest) if written == _DEFLATED else None


def _inflated(payload: memoryview) -> bytes | None:
    reader = zlib.decompressobj()
    try:
        value = reader.decompress(payload, LARGEST)
    except zlib.error:
        return None
    return value if reader.eof else None


def _mark(name: str, payload: bytes | memoryview) -> bytes:
    """The checksum of an entry. It tells the name too: a file in another's place counts for nothing."""
    return blake2b(payload, digest_size=_MARK, key=name.encode(), person=_PERSON).digest()


def _content(path: str) -> bytes | None:
    """The bytes of a file, which counts as used today from now on; None where there is none to read."""
    try:
        file = os.open(path, _READ)
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
                return None
            content = os.read(file, found.st_size)
        finally:
            os.close(file)
    except OSError:
        return None
    _use(path, found.st_mtime)
    return content


def _use(path: str, last: float) -> None:
    """Note that a file or folder is in use, once a day: reading writes next to nothing."""
    # A time that lies ahead, from a clock that was wrong, would keep its file for ever.
    if abs(time.time() - last) > _DAY:
        with suppress(OSError):
            os.utime(path)


def _put_file(path: str, content: bytes) -> None:
    """Put a file in its place, whatever was there; where it can't be moved there, it is dropped.

    Raises OSError where it can't be written.
    """
    temporary = f"{path}.{os.urandom(6).hex()}{_TEMPORARY}"
    try:
        _write_file(temporary, content)
    except OSError:
        _unlink(temporary)
        raise
    try:
        os.replace(temporary, path)
    except OSError:
        _unlink(temporary)


def _write_file(path: str, content: bytes) -> None:
    file = os.open(path, _WRITE, 0o600)
    try:
        # The umask may have taken rights that the user needs.
        if sys.platform != "win32" and stat.S_IMODE(os.fstat(file).st_mode) != 0o600:
            os.fchmod(file, 0o600)
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
    finally:
        os.close(file)


def _make(folder: str) -> bool:
    """Make a folder for the user alone, and those above it; whether it was missing.

    Raises OSError where it can't be made.
    """
    missing = []
    while not os.path.lexists(folder):
        missing.append(folder)
        above = os.path.dirname(folder)
        if above == folder:  # A drive that isn't there.
            raise FileNotFoundError(folder)
        folder = above
    for path in reversed(missing):
        with suppress(FileExistsError):
            os.mkdir(path, 0o700)
            os.chmod(path, 0o700)
    return bool(missing)


def _own(path: str) -> int | None:
    """The mode of a folder of this user; None for another user's, a link, a file.

    Raises OSError where it can't be told, FileNotFoundError where there is nothing.
    """
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        return None
    if sys.platform == "win32":
        return 0o700
    return stat.S_IMODE(found.st_mode) if found.st_uid == os.geteuid() else None


def _is_private(path: str) -> bool:
    """Whether this is a folder of this user, which is closed to others now.

    Raises OSError where it can't be told or closed, FileNotFoundError where there is none.
    """
    mode = _own(path)
    if mode is not None and mode & 0o077:
        os.chmod(path, 0o700)
    return mode is not None


def _label(root: str) -> None:
    """Say that the folder is a cache, to programs for backup and to git."""
    for name, text in _LABELS.items():
        _put_file(os.path.join(root, name), text)


def _renew(folder: str, root: str) -> None:
    """Note that this format is in use, and remove those that no run has used for a month."""
    for path, last in list(_formats(folder)):
        if path == root:
            _use(path, last)
        elif time.time() - last > _FORGOTTEN:
            _remove(path)


def _formats(folder: str) -> Iterator[tuple[str, float]]:
    """The folders in `folder` that stores of any format have made, and when they were used last."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.removeprefix(_FOLDER).isdecimal() and entry.is_dir(follow_symlinks=False):
                yield entry.path, entry.stat(follow_symlinks=False).st_mtime


def _files(folder: str) -> list[_File]:
    """The files in a shard; none where it can't be read."""
    files = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            # Another process may remove it at any time.
            with suppress(FileNotFoundError):
                found = entry.stat(follow_symlinks=False)
                if not stat.S_ISDIR(found.st_mode):
                    files.append(_File(found.st_mtime, -(-found.st_size // _BLOCK) * _BLOCK, entry.path))
    return files


def _trim_shard(folder: str, limit: int) -> None:
    """Remove what killed writers have left and, over the limit, the oldest tenth and more of a shard's files."""
    now = time.time()
    files = _files(folder)
    total = sum(file.size for file in files)
    most = limit if total <= limit else limit * 9 // 10
    for file in sorted(files):
        left = file.path.endswith(_TEMPORARY) and now - file.used > _HOUR
        if (left or total > most) and _unlink(file.path):
            total -= file.size


def _unlink(path: str) -> bool:
    """Whether a file is gone now."""
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


def _remove(root: str) -> None:
    """Remove the folder of a format, as far as it can be removed."""
    with suppress(OSError), os.scandir(root) as entries:
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                _unlink(entry.path)
                continue
            for file in _files(entry.path):
                _unlink(file.path)
            with suppress(OSError):
                os.rmdir(entry.path)
    with suppress(OSError):
        os.rmdir(root)
