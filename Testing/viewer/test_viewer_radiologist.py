"""A radiologist in a browser: a CT, a box dragged into shape, a vote, its slices, the scene."""

import csv
import zipfile

import pytest
from viewer_page import Visitor, coloured
from viewer_server import serving

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.scene import load_scene, result_from_nodes, roi_from_node
from GastricDiffLib.scene.kinds import KIND, nodes_by_class


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("viewer"), standin=False) as server:
        yield server
    assert not list(server.temporary.iterdir()), "something of the visits was left behind"


@pytest.fixture
def visitor(server, browser):
    visitor = Visitor(browser, server.url)
    yield visitor
    visitor.close()
    assert visitor.faults == []
    assert visitor.hosts == {f"127.0.0.1:{server.port}"}, "the page asked another computer"


def picture(visitor, folder, name):
    visitor.settle()
    visitor.page.screenshot(path=folder / f"{name}.png")


def reopened(path):
    """CT, result and box of a scene file, in MRML."""
    scene = load_scene(path)
    volumes = nodes_by_class(scene, "vtkMRMLScalarVolumeNode")
    ct = next(node for node in volumes if node.GetAttribute(KIND) is None)
    roi = next(nodes_by_class(scene, "vtkMRMLMarkupsROINode"))
    return scene, ct, result_from_nodes(ct), roi_from_node(roi)


def test_a_phantom_is_classified_with_a_box_dragged_into_shape(visitor, tmp_path):
    picture(visitor, tmp_path, "1-opened")
    assert RESEARCH_USE in visitor.text(".gd-header")
    assert visitor.box == "Box of 60 × 60 × 50 mm cuts 14 slices of this CT."

    visitor.drag(visitor.corner(), (20, -20))
    picture(visitor, tmp_path, "2-dragged")
    width, height = visitor.box.split(" ")[2:5:2]
    assert float(width) > 64 and float(height) > 64 and "× 50 mm" in visitor.box

    before = coloured(visitor.axial())
    visitor.classify()
    picture(visitor, tmp_path, "3-classified")
    assert visitor.vote[0] in ("differentiated", "undifferentiated")
    visitor.until(lambda: coloured(visitor.axial()) > before + 0.01)

    shown = visitor.text(".frame .at >> nth=0")
    other = next(n for n, row in enumerate(visitor.rows) if f"S {row[0]} mm" != shown)
    old = visitor.axial()
    visitor.page.locator(f"tr[data-row='{other}']").click()
    visitor.until(lambda: visitor.text(".frame .at >> nth=0") == f"S {visitor.rows[other][0]} mm")
    picture(visitor, tmp_path, "4-row")
    visitor.until(lambda: (abs(visitor.axial() - old).max(axis=-1) > 30).mean() > 0.01)

    visitor.page.locator(".gd-point >> nth=3").click()
    visitor.until(lambda: visitor.text(".frame .at >> nth=0") == f"S {visitor.rows[3][0]} mm")
    with_heat = coloured(visitor.axial())
    visitor.page.locator("[data-test=overlay] input").click()
    visitor.until(lambda: not visitor.state("overlay"))
    visitor.until(lambda: coloured(visitor.axial()) < with_heat - 0.01)
    picture(visitor, tmp_path, "5-without-heat")

    scene, _ct, result, box = reopened(visitor.download("scene.mrb", tmp_path))
    assert result.vote == visitor.vote[0]
    assert [f"{p:.3f}" for p in result.p] == [row[1] for row in visitor.rows]
    assert f"{box.size_mm[0]:.0f}" == width
    assert scene.GetSingletonNode("Red", "vtkMRMLSliceCompositeNode") is not None

    with visitor.download("slices.csv", tmp_path).open(encoding="utf-8", newline="") as file:
        saved = list(csv.DictReader(file))
    assert [row["vote"] for row in saved] == [row[3] for row in visitor.rows]
    report = visitor.download("report.html", tmp_path).read_text(encoding="utf-8")
    assert RESEARCH_USE in report and str(visitor.page.url) not in report


def test_a_real_ct_is_uploaded_as_a_zip_and_classified(visitor, shared_data, tmp_path):
    upload = tmp_path / "Mueller-Hans.zip"
    with zipfile.ZipFile(upload, "w") as bundle:
        for file in sorted((shared_data / "abdomen-dicom").iterdir()):
            bundle.write(file, f"Mueller/Hans/{file.name}")
        bundle.write(shared_data / "abdomen-roi.mrk.json", "Mueller/box.mrk.json")
    visitor.upload(upload)
    assert visitor.state("message") == ""
    picture(visitor, tmp_path, "1-uploaded")
    assert "512 × 512" in visitor.text(".gd-left")
    before = visitor.box

    visitor.drag(visitor.corner(), (15, -15))
    assert visitor.box != before
    visitor.classify()
    picture(visitor, tmp_path, "2-classified")
    row = len(visitor.rows) - 1
    visitor.page.locator(f"tr[data-row='{row}']").click()
    visitor.until(lambda: visitor.text(".frame .at >> nth=0") == f"S {visitor.rows[row][0]} mm")
    visitor.until(lambda: coloured(visitor.axial()) > 0.005)
    picture(visitor, tmp_path, "3-row")

    path = visitor.download("scene.mrb", tmp_path)
    _scene, ct, result, _box = reopened(path)
    assert ct.GetImageData().GetDimensions()[:2] == (512, 512)
    assert result.vote == visitor.vote[0]
    assert b"Mueller" not in path.read_bytes()
