"""``slicer.packaging`` and the PyTorch extension's ``PyTorchUtils``, without pip and network.

What would be installed is written down in ``asked``; a test sets ``install`` to what should happen.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement


class Installer:
    """The place of pip. ``install`` gets the arguments and may raise CalledProcessError."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.install: Callable[[list[str]], None] = lambda arguments: None

    def run(self, arguments: list[str]) -> None:
        self.asked.append(arguments)
        self.install(arguments)


installer = Installer()


def load_requirements(path: str | Path) -> list[Requirement]:
    lines = (line.strip() for line in Path(path).read_text("utf-8").splitlines())
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def pip_check(req: Any) -> bool:
    """Whether all requirements are installed in a version that fits; extras are not followed."""
    return all(map(_met, _listed(req)))


def pip_install(
    requirements: str | list[str],
    constraints: str | Path | None = None,
    no_deps_requirements: str | list[str] | None = None,
    skip_packages: list[str] | None = None,
    blocking: bool = True,
    show_progress: bool = True,
    requester: str | None = None,
    logCallback: Callable[[str], None] | None = None,
    completedCallback: Callable[[int], None] | None = None,
) -> list[str] | None:
    arguments = requirements.split() if isinstance(requirements, str) else list(requirements)
    if constraints is not None:
        arguments += ["-c", str(constraints)]
    installer.run(arguments)
    return [] if skip_packages is not None else None


def pip_ensure(
    requirements: Any,
    constraints: str | Path | None = None,
    skip_packages: list[str] | None = None,
    prompt_install: bool = True,
    prompt_restart: bool = True,
    requester: str | None = None,
    skip_in_testing: bool = True,
    show_progress: bool = True,
) -> list[str] | None:
    """Install what is missing, after asking. RuntimeError when the user declines."""
    import slicer

    missing = [str(requirement) for requirement in _listed(requirements) if not _met(requirement)]
    if not missing:
        return [] if skip_packages is not None else None
    if prompt_install and not slicer.util.confirmOkCancelDisplay(
        f"{len(missing)} Python packages need to be installed.",
        f"{requester or ''} - Install Python Packages",
        detailedText="\n".join(missing),
    ):
        raise RuntimeError("User declined package installation")
    return pip_install(missing, constraints=constraints, skip_packages=skip_packages)


class PyTorchUtilsLogic:
    """Of the extension PyTorch: reports whether torch is there, and installs the right build."""

    @staticmethod
    def torchInstalled() -> bool:
        return pip_check("torch")

    def installTorch(
        self,
        askConfirmation: bool = False,
        forceComputationBackend: str | None = None,
        torchVersionRequirement: str | None = None,
        torchvisionVersionRequirement: str | None = None,
    ) -> Any:
        """The module torch, or None when it was not installed."""
        installer.run([f"torch{torchVersionRequirement or ''}"])
        if not self.torchInstalled():
            return None
        import torch

        return torch


def _listed(requirements: Any) -> list[Requirement]:
    if isinstance(requirements, str):
        requirements = requirements.split()
    elif isinstance(requirements, Requirement):
        requirements = [requirements]
    return [r if isinstance(r, Requirement) else Requirement(r) for r in requirements]


def _met(requirement: Requirement) -> bool:
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return requirement.specifier.contains(version, prereleases=True)
