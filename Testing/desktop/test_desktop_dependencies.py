"""What the module installs at a click, and how it reports faults."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from GastricDiffLib.app.messages import Messages
from GastricDiffLib.desktop import dependencies
from GastricDiffLib.desktop.dependencies import OWN, Dependencies
from GastricDiffLib.errors import InputError
from GastricDiffLib.resources import resources


def test_slots_turn_errors_into_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("GastricDiffLib.log.log_file", lambda: tmp_path / "log.txt")
    shown = []
    messages = Messages(lambda text, is_error: shown.append((text, is_error)))

    def fail(error):
        raise error

    messages.guarded(fail, passing=True)(InputError("no box", "here", "draw one"))
    messages.guarded(fail, passing=True)(RuntimeError("secret"))
    assert shown[0] == ("no box: here (draw one)", True)
    assert shown[1][0].startswith("Unexpected RuntimeError")
    assert "secret" not in shown[1][0]
    assert "secret" in (tmp_path / "log.txt").read_text()


class Torch:
    """The PyTorch extension's module, which installs nothing here."""

    def __init__(self, works: bool) -> None:
        self.works, self.asked = works, []

    def PyTorchUtilsLogic(self):
        return self

    def installTorch(self, askConfirmation, torchVersionRequirement):
        self.asked.append(torchVersionRequirement)
        return self if self.works else None


def _dependencies(tmp_path, answer=True, torch=None, install=None, lines="nothing-like-it>=1"):
    file = tmp_path / "requirements.txt"
    file.write_text(f"# why\n{lines}\nnumpy>=1\n")
    asked = []

    def ask(text, details):
        asked.append(details)
        return answer

    install = install or (lambda lines, constraints: None)
    return Dependencies(ask, install, lambda: torch, file), asked


def test_nothing_is_asked_where_nothing_is_missing(tmp_path):
    dependencies, asked = _dependencies(tmp_path, lines="numpy")
    dependencies.ensure()
    assert asked == []


def test_a_refusal_is_a_message_and_asked_again_at_the_next_click(tmp_path):
    dependencies, asked = _dependencies(tmp_path, answer=False)
    for _ in range(2):
        with pytest.raises(InputError, match="click again to install"):
            dependencies.ensure()
    assert asked == ["nothing-like-it>=1"] * 2


def test_a_failed_installation_shows_what_to_do(tmp_path):
    def install(lines, constraints):
        raise RuntimeError("no network")

    dependencies, _ = _dependencies(tmp_path, install=install)
    with pytest.raises(InputError, match="check the network"):
        dependencies.ensure()


def test_what_is_missing_is_installed_and_slicers_own_is_pinned(tmp_path):
    seen = {}

    def install(lines, constraints):
        seen.update(lines=lines, pins=Path(constraints).read_text().splitlines())

    dependencies, _ = _dependencies(tmp_path, install=install)
    with pytest.raises(InputError, match="still missing: nothing-like-it"):
        dependencies.ensure()
    assert seen["lines"] == ["nothing-like-it>=1"]
    assert f"numpy=={np.__version__}" in seen["pins"]


@pytest.mark.parametrize("torch", [None, Torch(False), Torch(True)])
def test_torch_comes_through_its_extension_or_not_at_all(tmp_path, monkeypatch, torch):
    monkeypatch.setattr(dependencies, "_has_torch", lambda: False)
    needed, asked = _dependencies(tmp_path, torch=torch, lines="numpy")
    message = {None: "install the extension PyTorch"}.get(
        torch, "still missing" if torch and torch.works else "could not be installed"
    )
    with pytest.raises(InputError, match=message):
        needed.ensure()
    assert asked == ([] if torch is None else ["torch"])
    assert torch is None or torch.asked == [">=2.4"]


def test_slicers_own_packages_and_torch_are_not_in_the_requirements():
    text = (resources() / "requirements.txt").read_text()
    lines = [line for line in text.lower().splitlines() if line and not line.startswith("#")]
    assert lines
    for name in ("simpleitk", "numpy", "vtk", "torch"):
        assert not any(line.startswith(name) for line in lines)


def test_the_requirements_are_the_projects_own_but_for_what_slicer_brings():
    project = (resources().parent / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", project, re.M | re.S)
    assert listed is not None
    wanted = set(re.findall(r'^ +"([^"]+)"', listed[1], re.M))
    brought = {line for line in wanted if re.split(r"[<>=~!]", line)[0] in (*OWN, "torch")}
    lines = (resources() / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert brought
    assert {line for line in lines if not line.startswith("#")} == wanted - brought
