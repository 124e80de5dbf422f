"""Nothing of the source is in any byte of a dataset."""

import hashlib
import json
import struct
import zlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from dicom_files import write_series
from export_cohorts import make_cohort, read_rows, write_rows
from matplotlib.image import imread

from GastricDiffLib.cohort import export
from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.ct import read_volume
from GastricDiffLib.ct.roi import BoxROI, write_roi

export_cohort = partial(export.export_cohort, workers=1)

NAME, BORN, SEEN = "Lindqvist", "19480317", "20210922"
UID, PATIENT, CASE = "1.2.840.99887.4711", "PAT0815", "hospitalcase"
PLANTED = [
    NAME, "Astrid", BORN, "1948-03-17", SEEN, "2021-09-22", UID, PATIENT, CASE, "StClara",
    "archive7", "7781234", "seenbyhim",
]  # fmt: skip


def every_byte(out: Path) -> list[tuple[str, bytes]]:
    """Paths and content of all files, PNG chunks one by one and decompressed too."""
    found = []
    for path in sorted(out.rglob("*")):
        found.append((str(path.relative_to(out)), str(path.relative_to(out)).encode()))
        if path.is_file():
            found.append((path.name, path.read_bytes()))
        if path.suffix == ".png":
            chunks = png_chunks(path.read_bytes())
            assert {kind for kind, _ in chunks} <= {b"IHDR", b"pHYs", b"IDAT", b"IEND"}
            pixels = b"".join(data for kind, data in chunks if kind == b"IDAT")
            found.append((path.name, zlib.decompress(pixels)))
    return found


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, place = [], 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    return chunks


def leaks(out: Path, words: list[str]) -> list[tuple[str, str]]:
    wanted = [(word, form, triples(form)) for word in words for form in forms(word)]
    found = []
    for where, data in every_byte(out):
        low = data.lower()
        held = np.zeros(1 << 24, dtype=bool)
        held[triples(low)] = True
        # A form whose triples of bytes are not all there need not be searched for.
        near = [(word, form) for word, form, own in wanted if held[own].all()]
        found += [(where, word) for word, form in near if form in low]
    return found


def forms(word: str) -> list[bytes]:
    """How a word may stand in a file, in lower case."""
    encoded = [word.lower().encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]
    # a hash without a key could be found by trying all names
    return [*encoded, hashlib.sha256(word.encode()).hexdigest()[:16].encode()]


def triples(data: bytes) -> np.ndarray:
    """Every three bytes that follow each other, as numbers."""
    whole = np.frombuffer(data, np.uint8).astype(np.uint32)
    return whole[:-2] << 16 | whole[1:-1] << 8 | whole[2:]


@pytest.fixture(scope="module")
def dataset(planted, tmp_path_factory):
    """The dataset of ``planted``, never changed."""
    return export_cohort(planted, tmp_path_factory.mktemp("export") / "dataset")


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A cohort with a name, dates, ids, UIDs and paths wherever a source can hold them."""
    folder = tmp_path_factory.mktemp("StClara") / f"archive7-{NAME}"
    cohort = make_cohort(folder, 6)
    rows = read_rows(cohort)
    for number, row in enumerate(rows):
        source = sitk.ReadImage(str(folder / row["image"]))
        source.SetMetaData("patient", f"{NAME}, Astrid {BORN}")
        row["image"], old = f"{NAME}_{SEEN}_{number}.nrrd", row["image"]
        (folder / old).unlink()
        sitk.WriteImage(source, str(folder / row["image"]))
        roi = folder / f"{PATIENT}-{number}.mrk.json"
        content = json.loads((folder / row["roi"]).read_text())
        content["markups"][0]["name"] = f"{NAME} tumour"
        roi.write_text(json.dumps(content))
        row |= {"roi": roi.name, "case_id": f"{CASE}-{number}", "patient_id": f"{PATIENT}-{number}"}
        row |= {"name": f"Astrid {NAME}", "mrn": f"778123{number}", "remark": "seenbyhim"}
        row |= {"born": BORN}
    rows[0] |= dicom(folder)
    return write_rows(cohort, rows)


def dicom(folder: Path) -> dict[str, str]:
    series = folder / f"{NAME}^Astrid"
    hu = np.random.default_rng(0).normal(-200, 300, (9, 40, 48)).astype(np.int16)
    write_series(series, hu, uid=f"{UID}.1", description=f"ABD {NAME}", instance=UID)
    for path in series.iterdir():
        image = sitk.ReadImage(str(path))
        image.SetSpacing((5.0, 5.0, 2.0))  # like the coarse phantoms'
        for key, value in {
            "0010|0010": f"{NAME}^Astrid", "0010|0020": PATIENT, "0010|0030": BORN,
            "0008|0020": SEEN, "0008|0080": "StClara", "0020|000d": UID,
        }.items():  # fmt: skip
            image.SetMetaData(key, value)
        writer = sitk.ImageFileWriter()
        writer.KeepOriginalImageUIDOn()
        writer.SetFileName(str(path))
        writer.Execute(image)
    volume = read_volume(series)
    center = np.add(volume.origin_lps, (90, 90, 8))
    write_roi(folder / f"{NAME}.mrk.json", [BoxROI(center, np.eye(3), [60, 60, 9], NAME)])
    return {"image": series.name, "roi": f"{NAME}.mrk.json"}


def test_no_name_date_id_uid_or_path_of_the_source_is_in_any_byte(planted, dataset):
    source = b"".join(path.read_bytes() for path in planted.parent.rglob("*") if path.is_file())
    held = source + str(planted).encode()
    assert not [
        word for word in PLANTED[:3] + PLANTED[4:5] + PLANTED[6:] if word.encode() not in held
    ]
    assert len(Dataset.open(dataset).cases) == 6
    assert leaks(dataset, [*PLANTED, planted.parent.name, str(planted.parent)]) == []


def test_the_search_would_find_a_leak(tmp_path):
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "note.bin").write_bytes(NAME.upper().encode("utf-16-le"))
    assert leaks(tmp_path, PLANTED) == [("note.bin", NAME)]


def test_the_order_of_the_dataset_tells_nothing_of_the_order_of_the_file(
    planted, dataset, tmp_path
):
    first = Dataset.open(dataset)
    rows = read_rows(planted)[::-1]
    for row in rows:
        for column in ("image", "roi"):
            row[column] = str(planted.parent / row[column])
    turned = write_rows(tmp_path / "cohort.csv", rows)
    second = Dataset.open(export_cohort(turned, tmp_path / "second", key=f"{dataset}.key"))
    assert [c.pseudonym for c in first.cases] == [c.pseudonym for c in second.cases]


def test_a_real_dicom_series_leaves_no_text_of_its_headers(shared_data, tmp_path):
    series, nodules = shared_data / "abdomen-dicom", shared_data / "nodules"
    rows = [{"case_id": "abdomen", "image": series, "roi": f"{shared_data}/abdomen-roi.mrk.json"}]
    rows += [
        {
            "case_id": name,
            "image": f"{nodules}/ct/{name}.nii.gz",
            "roi": f"{nodules}/roi/{name}.mrk.json",
        }
        for name in (f"nodule-{number:04}" for number in range(5))
    ]
    rows = [row | {"label": number % 2} for number, row in enumerate(rows)]
    cohort = write_rows(tmp_path / "cohort.csv", rows)
    words = {"abdomen", "nodule", str(shared_data), str(tmp_path)}
    for path in series.iterdir():
        reader = sitk.ImageFileReader()
        reader.SetFileName(str(path))
        reader.LoadPrivateTagsOn()
        reader.ReadImageInformation()
        words |= {reader.GetMetaData(key).strip("\0 ") for key in reader.GetMetaDataKeys()}
        words.add(path.name)
    out = export_cohort(cohort, tmp_path / "dataset")
    assert leaks(out, [word for word in words if len(word) >= 6]) == []
    case = next(case for case in Dataset.open(out).cases if case.shape == (512, 512))
    assert case.n_slices == 20
    assert_box_is_drawn(case.folder / "preview.png")


def assert_box_is_drawn(path: Path) -> None:
    picture = imread(path)[:, :, :3]
    red, green, blue = np.moveaxis(picture, 2, 0)
    assert ((green - red > 0.2) & (blue - red > 0.2)).sum() > 500


def test_the_page_shows_every_case_by_relative_links(dataset):
    page = (dataset / "index.html").read_text(encoding="utf-8")
    assert "Research use only" in page
    assert "http" not in page
    for case in Dataset.open(dataset).cases:
        assert f'src="{case.pseudonym}/preview.png"' in page
        assert_box_is_drawn(case.folder / "preview.png")
