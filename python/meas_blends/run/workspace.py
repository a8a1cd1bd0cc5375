"""The datasets of an image, a patch or the run: in memory, in files, or read on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..data.files import write_whole
from .fingerprint import digest, versions
from .record import Record
from .storage import dataset_path, read_dataset, stamp, write_dataset

__all__ = ["Workspace"]


class Workspace(Mapping):
    """Datasets by name, with the files and the record behind them.

    Parameters
    ----------
    folder : `pathlib.Path`
        Where its files are.
    storage : `dict` [`str`, `str`]
        Storage class of each dataset type that may be asked for.
    external : `dict` [`str`, (`str`, callable)], optional
        Datasets that come from elsewhere, such as the image: fingerprint, and
        the function that reads it when it is first needed.
    data_id : `dict` [`str`, `str`], optional
        Of what the datasets are: ``patch`` and, of an image, ``band``.
    """

    def __init__(
        self,
        folder: Path,
        storage: Mapping[str, str],
        external: Mapping[str, tuple[str, Callable[[], Any]]] | None = None,
        data_id: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.data_id = dict(data_id or {})
        self.record = Record(folder)
        self._storage = storage
        self._external = dict(external or {})
        self._memory: dict[str, Any] = {}
        self._unwritten: dict[str, str] = {}

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.fingerprint(name) is not None

    def __iter__(self) -> Iterator[str]:
        return (name for name in {*self._storage, *self._external} if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, name: str) -> Any:
        if name not in self._memory:
            self._memory[name] = self.read(name)
        return self._memory[name]

    def read(self, name: str) -> Any:
        """Return a dataset and, unlike indexing, do not keep it in memory.

        Raises
        ------
        KeyError
            If there is no such dataset.
        """
        if name in self._memory:
            return self._memory[name]
        if name not in self:
            raise KeyError(name)
        if name in self._external:
            return self._external[name][1]()
        return read_dataset(self.path(name), self._storage[name])

    def fingerprint(self, name: str) -> str | None:
        """What decided a dataset's content; ``None`` if there is no such dataset.

        A file that no run has written, or that somebody has changed since, is
        told by its size and time of change.
        """
        if name in self._external:
            return self._external[name][0]
        if name in self._unwritten:
            return self._unwritten[name]
        known = self.record.fingerprint(name)
        if known is not None:
            return known
        path = self.path(name)
        found = stamp(path) if path is not None else None
        return None if found is None else digest([path.name, found])

    def is_current(self, names: Iterable[str], fingerprint: str) -> bool:
        """Whether all these datasets are there and were made just so."""
        return all(self.fingerprint(name) == fingerprint for name in names)

    def put(self, name: str, value: Any, fingerprint: str, inputs: Iterable[str]) -> None:
        """Keep a dataset, in a file if its storage class has a format."""
        path = self.path(name)
        self._memory[name] = value
        if path is None:
            self._unwritten[name] = fingerprint
            return
        write_dataset(value, path, self._storage[name])
        self.record.add(name, path, fingerprint, inputs)

    def derive(
        self, name: str, file: str, sources: Mapping[str, Any], write: Callable[[Path], None]
    ) -> Path:
        """Keep a file that shows datasets, such as a picture, unless it is there and current.

        Parameters
        ----------
        name, file : `str`
            Its name in the record and in the folder.
        sources : mapping
            What it is made from: fingerprints by dataset.
        write : callable
            Writes it to a path.

        Returns
        -------
        path : `pathlib.Path`
        """
        path = self.folder / file
        fingerprint = digest([versions(), dict(sources)])
        if self.record.fingerprint(name) != fingerprint:
            with write_whole(path) as temporary:
                write(temporary)
            self.record.add(name, path, fingerprint, sources)
        return path

    def discard(self, names: Iterable[str]) -> None:
        """Remove datasets, what was made from them, and half-done writes of them."""
        for name in names:
            self.record.forget(name)
            self._unwritten.pop(name, None)
            path = self.path(name)
            if path is not None and not path.is_dir():
                # Another run into the same folder may be quicker.
                path.unlink(missing_ok=True)
        self._memory = {name: value for name, value in self._memory.items() if name in self}

    def loaded(self, name: str) -> Any:
        """Return a dataset if it is in memory, else ``None``."""
        return self._memory.get(name)

    def release(self) -> None:
        """Let go of what is in memory and can be read again."""
        for name in set(self._memory) - set(self._unwritten):
            del self._memory[name]

    def path(self, name: str) -> Path | None:
        """Path of a dataset's file, whether it is there or not; ``None`` if it can have none."""
        return (
            dataset_path(self.folder, name, self._storage[name]) if name in self._storage else None
        )
