"""HTML pages from templates: escaped, complete, found wherever the package lies."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jinja2 import UndefinedError

import GastricDiffLib
from GastricDiffLib.cohort.gallery import render_gallery
from GastricDiffLib.templates import render

PACKAGE = Path(GastricDiffLib.__file__).parent
CASE = {
    "pseudonym": "0123456789abcdef",
    "patient": "fedcba9876543210",
    "label": 1,
    "split": "train",
    "slices": 3,
    "shape": [4, 5],
    "spacing": [2.5, 0.75, 0.75],
}
PAGES = ("app/report.html", "cohort/gallery.html", "compare/report.html", "viewer/server/page.html")


def test_names_of_classes_and_notes_are_escaped():
    page = render_gallery([CASE], ("<b>low</b>", 'high & "wide"'), 1, ["spacing < 1 & > 2"])
    assert "<b>low</b>" not in page
    assert "&lt;b&gt;low&lt;/b&gt;" in page
    assert "high &amp; &#34;wide&#34;" in page
    assert "<p>spacing &lt; 1 &amp; &gt; 2</p>" in page
    assert "1 skipped" in page
    assert "3 slices of 4 × 5, spacing 2.5 × 0.75 × 0.75 mm" in page


def test_a_page_of_one_case_is_the_same_as_ever():
    page = render_gallery([CASE], ("undifferentiated", "differentiated"), 0, [])
    assert page.startswith('<!doctype html>\n<html lang="en"><head><meta charset')
    assert page.endswith('loading="lazy"></figure>\n</body></html>\n')
    assert "<h1>Cohort of 1 case</h1>\n" in page
    assert "<tr><td>train</td><td>0</td><td>1</td></tr><tr><td>val</td>" in page


def test_a_value_that_is_missing_is_an_error_not_a_gap():
    with pytest.raises(UndefinedError):
        render("cohort/gallery.html", filters={"spacing": str}, cases=[], classes=("a", "b"))


@pytest.mark.parametrize("name", PAGES)
def test_no_page_asks_for_anything_from_elsewhere(name):
    text = (PACKAGE / name).read_text(encoding="utf-8")
    assert "http://" not in text
    assert "https://" not in text
    assert "{{ use }}" in text, "no research-use line"


def test_templates_are_found_where_the_package_lies_as_plain_files(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "GastricDiffLib", ignore=shutil.ignore_patterns("*.pyc"))
    code = (
        "import GastricDiffLib.templates as t; from GastricDiffLib.cohort.gallery import "
        "render_gallery; print(t.ROOT); print(render_gallery([], ('a', 'b'), 0, []))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    root, _, page = done.stdout.partition("\n")
    assert Path(root).is_relative_to(tmp_path.resolve())
    assert "<h1>Cohort of 0 cases</h1>" in page
