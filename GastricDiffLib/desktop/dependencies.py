"""Python packages that Slicer does not bring: asked for on the first click that needs them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import tempfile
from collections.abc import Callable
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from GastricDiffLib.errors import InputError
from GastricDiffLib.i18n import _
from GastricDiffLib.log import log_exception
from GastricDiffLib.resources import resources

TORCH = ">=2.4"
OWN = ("numpy", "SimpleITK", "vtk")
"""Slicer's own packages; nothing that is installed may replace them."""


class Dependencies:
    """What is missing, and its installation.

    ``ask(text, details)`` is whether the user agrees; ``install(lines, constraints)`` brings
    packages in, as :func:`slicer_install` does; ``torch_utils`` gives the module of the PyTorch
    extension, or None where that is not installed.
    """

    def __init__(
        self,
        ask: Callable[[str, str], bool],
        install: Callable[[list[str], Path], None],
        torch_utils: Callable[[], Any | None],
        requirements: Path | None = None,
    ) -> None:
        self._ask, self._pip, self._torch_utils = ask, install, torch_utils
        self._file = requirements or resources() / "requirements.txt"

    def ensure(self) -> None:
        """Have everything that classifying and training need, or raise.

        Raises
        ------
        InputError
            When the user refuses, the PyTorch extension is missing, or an installation fails;
            nothing else in the module needs it.
        """
        lines, torch = self.missing(), not _has_torch()
        if not lines and not torch:
            return
        utils = self._torch_utils() if torch else None
        if torch and utils is None:
            raise InputError(
                _("PyTorch is not installed"),
                hint=_(
                    "install the extension PyTorch in the Extensions Manager, start Slicer anew"
                ),
            )
        names = (["torch"] if torch else []) + lines
        question = _(
            "{count} Python packages must be installed before the first classification or "
            "training. They are downloaded once and change Slicer's Python environment; "
            "nothing of yours is sent. Install them now?"
        ).format(count=len(names))
        if not self._ask(question, "\n".join(names)):
            raise InputError(
                _("the Python packages are not installed"),
                hint=_("all else works without; click again to install them"),
            )
        try:
            if utils is not None:
                self._install_torch(utils)
            if lines:
                self._install(lines)
        except (RuntimeError, CalledProcessError, OSError, ImportError) as error:
            log_exception("installing Python packages failed", __name__)
            raise InputError(
                _("the Python packages could not be installed"),
                type(error).__name__,
                _("check the network and the proxy, then click again; details: Slicer's log"),
            ) from error
        self._require()

    def installed(self) -> bool:
        """Whether everything that classifying and training need is there."""
        return _has_torch() and not self.missing()

    def missing(self) -> list[str]:
        """Lines of the requirements file that are not met, torch aside."""
        from packaging.requirements import Requirement

        lines = self._file.read_text(encoding="utf-8").splitlines()
        wanted = [line.split("#")[0].strip() for line in lines]
        return [line for line in wanted if line and not _met(Requirement(line))]

    def _install_torch(self, utils: Any) -> None:
        logic = utils.PyTorchUtilsLogic()
        if logic.installTorch(askConfirmation=False, torchVersionRequirement=TORCH) is None:
            raise RuntimeError("PyTorch was not installed")

    def _install(self, lines: list[str]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            constraints = Path(folder) / "constraints.txt"
            constraints.write_text("\n".join(_pins()) + "\n", encoding="utf-8")
            self._pip(lines, constraints)
        importlib.invalidate_caches()

    def _require(self) -> None:
        lines = self.missing() + ([] if _has_torch() else ["torch"])
        if lines:
            raise InputError(
                _("Python packages are still missing"),
                ", ".join(lines),
                _("start Slicer anew and click again"),
            )


def slicer_install(lines: list[str], constraints: Path) -> None:
    """Install by Slicer's own means: ``slicer.packaging`` from 5.12 on, before by its pip.

    Raises CalledProcessError when pip fails.
    """
    import slicer

    try:
        import slicer.packaging
    except ImportError:
        slicer.util.pip_install(["-c", str(constraints), *lines])
        return
    slicer.packaging.pip_ensure(
        lines,
        constraints=constraints,
        prompt_install=False,
        requester="GastricDiff",
        skip_in_testing=False,
    )


def slicer_torch_utils() -> Any | None:
    """The module ``PyTorchUtils`` of the PyTorch extension, None where it is not installed."""
    try:
        return importlib.import_module("PyTorchUtils")
    except ImportError:
        return None


def _met(requirement: Any) -> bool:
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return bool(requirement.specifier.contains(version, prereleases=True))


def _has_torch() -> bool:
    """Whether it is installed; importing it takes seconds."""
    importlib.invalidate_caches()
    return importlib.util.find_spec("torch") is not None


def _pins() -> list[str]:
    pins = []
    for name in OWN:
        try:
            pins.append(f"{name}=={importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return pins
