"""Arrays of one shape in a row in a file, read by their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


class RowFile:
    """``count`` arrays of one ``shape`` and type; several processes may write and read it.

    Made by :meth:`create`, filled by :meth:`write`. Unlike an array mapped into memory it
    raises OSError on a full disk (writing to a map ends the process), and what was read of it
    does not count as this process's memory, however large it is.
    """

    def __init__(
        self, path: Path, dtype: type[np.generic], count: int, shape: tuple[int, ...]
    ) -> None:
        self.path, self.dtype, self.shape = path, np.dtype(dtype), (count, *shape)
        self._row = self.dtype.itemsize * int(np.prod(shape))

    def create(self) -> None:
        with open(self.path, "wb") as file:
            file.truncate(self.shape[0] * self._row)

    def write(self, start: int, rows: npt.NDArray[Any]) -> None:
        """Rows ``start`` and following; N×shape."""
        with open(self.path, "r+b") as file:
            file.seek(start * self._row)
            file.write(np.ascontiguousarray(rows, self.dtype).data)

    def read(self, rows: npt.NDArray[np.integer]) -> npt.NDArray[Any]:
        """The rows of these numbers, in their order: N×shape."""
        # Mapped for this call alone; that takes less than reading one slice does.
        found: npt.NDArray[Any] = np.memmap(self.path, self.dtype, "r", shape=self.shape)[rows]
        return found
