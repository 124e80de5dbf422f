"""Names in archives: which are refused, and into which parts the others fall.

No part of such a name ever becomes a path: files unpack under numbers. The rules are here
because an archive that breaks one was made to do harm, or to be read by another program.
"""

from __future__ import annotations

import re
import unicodedata

from GastricDiffLib.errors import InputError

_PACK = "pack the files again with your system's own tool"
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[1-9¹²³])( *\..*)?", re.I)


def safe_parts(name: str, where: str) -> tuple[str, ...]:
    """The folders and the name of an entry, none of which is ``.`` or ``..``.

    Raises
    ------
    InputError
        When it is absolute, leaves its folder, names a drive or a device, or holds a backslash or a
        control character. ``where`` stands for it in the message.
    """
    if not name or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        raise InputError("an archive entry has an empty or unprintable name", where, _PACK)
    if "\\" in name:
        raise InputError("an archive entry has a backslash in its name", where, _PACK)
    if name.startswith("/"):
        raise InputError("an archive entry has an absolute name", where, _PACK)
    if re.match(r"[A-Za-z]:", name):
        raise InputError("an archive entry names a drive", where, _PACK)
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise InputError("an archive entry leaves its folder by '..'", where, _PACK)
    if any(_DEVICE.fullmatch(part.rstrip(" .")) for part in parts):
        raise InputError("an archive entry is called like a device", where, _PACK)
    return parts


def folded(parts: tuple[str, ...]) -> str:
    """The same for names that some file system takes for one."""
    return unicodedata.normalize("NFC", "/".join(parts)).casefold()
