"""Scenes in and out of Slicer's bundle files (``.mrb``)."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import slicer
from vtkmodules.vtkCommonCore import vtkOutputWindow

from GastricDiffLib.errors import InputError
from GastricDiffLib.files import replacing
from GastricDiffLib.scene.kinds import nodes_by_class
from GastricDiffLib.scene.mrml import MRMLScene
from GastricDiffLib.scene.setup import new_scene

# Damaged, encrypted (RuntimeError) or packed in a way that zipfile does not know.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)
_TAG = re.compile(r"<([A-Za-z]\w*)")


def save_scene(scene: MRMLScene, path: str | Path) -> None:
    """Save the scene with all its data as one ``.mrb``, whole or not at all.

    Raises
    ------
    InputError
        When the name does not end in ``.mrb`` or the file cannot be written.
    """
    path = Path(path).absolute()
    if path.suffix.lower() != ".mrb":
        raise InputError("a scene is saved as .mrb", path.name, f"name it {path.stem}.mrb")
    if path.is_dir():
        raise InputError("a folder stands where the scene should go", path, "choose another name")
    with replacing(path) as temporary, _quietly():
        if not scene.WriteToMRB(temporary.as_posix()) or not temporary.is_file():
            raise InputError("the scene could not be saved", path, "is the disk full?")


def extract(bundle: str | Path, name: str, path: str | Path) -> None:
    """Copy the one file called ``name`` out of a ``.mrb`` of ours to ``path``, whole or not at all.

    Raises
    ------
    InputError
        When ``path`` cannot be written.
    """
    with zipfile.ZipFile(bundle) as files, replacing(path) as beside:
        (entry,) = (each for each in files.namelist() if each.rpartition("/")[2] == name)
        try:
            with files.open(entry) as packed, beside.open("wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)
        except OSError as error:
            raise InputError("cannot write the file", path, "is the disk full?") from error


def load_scene(path: str | Path, scene: MRMLScene | None = None) -> MRMLScene:
    """Add a ``.mrb``'s nodes to ``scene``, a new one if none is given, and return it.

    Raises
    ------
    InputError
        When the file is missing or holds no scene.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("no such scene file", path)
    folder = Path(tempfile.mkdtemp())
    try:
        return import_scene(_unpack(path, folder), scene, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def import_scene(mrml: Path, scene: MRMLScene | None = None, where: object = "") -> MRMLScene:
    """Add the nodes of a ``.mrml`` as ``load_scene`` does; its files may go away afterwards.

    Raises
    ------
    InputError
        At ``where``, when a node or its file cannot be read.
    """
    scene = new_scene() if scene is None else scene
    url, root = scene.GetURL(), scene.GetRootDirectory()
    scene.SetURL(mrml.as_posix())
    _know_nodes_of(mrml, scene)
    if not scene.Import(None):
        raise InputError("the scene could not be read whole", where, "save it again in Slicer")
    scene.SetURL(url)
    scene.SetRootDirectory(root)
    _forget_files(scene, str(mrml.parent))
    return scene


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep VTK from printing: some releases name every file that goes into a bundle.

    3D Slicer's own window for such messages shows them all the same.
    """
    window = vtkOutputWindow.GetInstance()
    mode = window.GetDisplayMode()
    window.SetDisplayModeToNever()
    try:
        yield
    finally:
        window.SetDisplayMode(mode)


def _know_nodes_of(mrml: Path, scene: MRMLScene) -> None:
    """Register the node classes that the scene file names and this Slicer has.

    In 3D Slicer its modules do so; a scene saved there, or by a program around slicer-core,
    could not be read here otherwise for a segment editor's settings.
    """
    for tag in set(_TAG.findall(mrml.read_text(encoding="utf-8", errors="replace"))):
        name = f"vtkMRML{tag}Node"
        node_class = getattr(slicer, name, None)
        if node_class is not None and not scene.IsNodeClassRegistered(name):
            # What is but a base of other classes cannot be made.
            with contextlib.suppress(TypeError):
                scene.RegisterNodeClass(node_class())


def _unpack(path: Path, folder: Path) -> Path:
    try:
        with zipfile.ZipFile(path) as bundle:
            # No entry yields more than it declares, so that this bounds what is written; names
            # that lead out of the folder, and links, zipfile itself turns into plain ones.
            needed = sum(info.file_size for info in bundle.infolist())
            if needed > shutil.disk_usage(folder).free:
                raise InputError(
                    "no space to unpack the scene", f"{path}, {needed >> 20} MiB", "free some disk"
                )
            bundle.extractall(folder)
    except _UNREADABLE as error:
        raise InputError("not a scene bundle", path, "save the scene as .mrb in Slicer") from error
    mrml = sorted(folder.glob("*/*.mrml"))
    if not mrml:
        raise InputError("the bundle holds no scene", path, "save the scene as .mrb in Slicer")
    return mrml[0]


def _forget_files(scene: MRMLScene, folder: str) -> None:
    """The unpacked files go away: a later save must write every node's data anew."""
    for storage in nodes_by_class(scene, "vtkMRMLStorageNode"):
        if (storage.GetFileName() or "").startswith(Path(folder).as_posix()):
            storage.ResetFileNameList()
            storage.SetFileName(Path(storage.GetFileName()).name)
    scene.SetStorableNodesModifiedSinceRead()
