"""What nobody should open: each upload ends in one line on the page, and nothing else changes."""

import pytest
from uploads import ct_file, nrrd, zipped
from viewer_page import Visitor
from viewer_server import serving

HEADER = "type: short\ndimension: 3\nsizes: 8 8 8\nencoding: raw\nendian: little\n"
STORAGE = "vtkMRMLVolumeArchetypeStorageNode1"
MRML = (
    '<MRML version="Slicer4.4.0">'
    f'<Volume id="vtkMRMLScalarVolumeNode1" name="CT" storageNodeRef="{STORAGE}"/>'
    f'<VolumeArchetypeStorage id="{STORAGE}" fileName="{{}}"/></MRML>'
)


@pytest.fixture(scope="module")
def visitor(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("viewer")
    with serving(folder, standin=False) as server:
        visitor = Visitor(browser, server.url)
        yield visitor
        visitor.close()
    assert not list(server.temporary.iterdir())
    assert {path.name for path in folder.iterdir()} == {"tmp", "errors.txt"}


def hostile(folder):
    """By what they are: a file's name, its content, and a word of what the page must show."""
    ct = ct_file(folder / "ct")
    detached = nrrd(HEADER + "data file: ../../secret.raw")
    outside = MRML.format("../../../../../../etc/passwd").encode()
    remote = MRML.format("http://example.org/ct.nrrd").encode()
    return {
        "a name that leads out": ("a.zip", zipped({"../../out.nrrd": ct}), "entry 1"),
        "a bomb": ("b.zip", zipped({"ct.nrrd": bytes(80 << 20)}), "times its own size"),
        "a header whose data lie elsewhere": ("c.nrrd", detached, "in another file"),
        "a scene that refers outside": ("d.mrb", zipped({"s/s.mrml": outside}), "outside"),
        "a scene that refers to the net": ("e.mrb", zipped({"s/s.mrml": remote}), "remote"),
        "no image at all": ("f.nrrd", b"Dear Sir or Madam", "nothing in the upload"),
    }


def test_hostile_uploads_end_in_a_message(visitor, tmp_path):
    before = visitor.text(".gd-left").split("Classify")[0]
    for what, (name, content, word) in hostile(tmp_path).items():
        (tmp_path / name).write_bytes(content)
        visitor.upload(tmp_path / name)
        assert visitor.state("wrong"), what
        assert word in visitor.text(".gd-message"), (what, visitor.text(".gd-message"))
        assert visitor.text(".gd-left").split("Classify")[0] == before
    visitor.settle()
    visitor.page.screenshot(path=tmp_path / "refused.png")
    assert visitor.faults == []


def test_two_gigabytes_are_not_even_sent(visitor, tmp_path):
    with (tmp_path / "huge.nrrd").open("wb") as file:
        file.truncate(2 << 30)
    visitor.upload(tmp_path / "huge.nrrd")
    assert "2.0 GiB are too much" in visitor.text(".gd-message")
    visitor.page.get_by_label("Dismiss").click()
    visitor.until(lambda: not visitor.state("message"))


def test_the_session_still_works_afterwards(visitor):
    visitor.classify()
    assert len(visitor.rows) == 14
