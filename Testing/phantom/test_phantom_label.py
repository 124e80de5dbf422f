"""Where the label can be read from a phantom, and where it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from GastricDiffLib.ct import CTVolume
from GastricDiffLib.phantom import PhantomCase, make_case, plan_cohort
from GastricDiffLib.phantom.fields import Space, paint, soft
from GastricDiffLib.phantom.lesion import draw_looks, oriented_blob, paint_blob
from GastricDiffLib.phantom.noise import scan

CASES = 200
# Under chance the AUC of 100 against 100 cases has a standard error of 0.041.
CHANCE = 0.125


def cross_validated_auc(features: np.ndarray, labels: np.ndarray) -> float:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    p = cross_val_predict(model, features, labels, cv=folds, method="predict_proba")
    return float(roc_auc_score(labels, p[:, 1]))


def axial(case: PhantomCase, array: np.ndarray) -> CTVolume:
    return CTVolume.from_array(array.astype(np.int16), case.grid.ijk_to_lps)


def shortcuts(case: PhantomCase, order: int) -> list[float]:
    """All that a careless network could use besides the lesion's looks."""
    volume = axial(case, case.volume)
    hu = volume.hu.astype(np.float32)
    middle = np.array(volume.origin_lps) + np.array(volume.spacing_mm[::-1]) * (
        (np.array(hu.shape[::-1]) - 1) / 2
    )
    voxel = float(np.prod(volume.spacing_mm))
    tissue = (hu[:, 1:, 1:] > 60) & (hu[:, 1:, 1:] < 150)
    grain = np.diff(np.diff(hu, axis=1), axis=2)
    return [
        float(order),
        *hu.shape,
        *volume.spacing_mm,
        *volume.origin_lps,
        *np.sign(np.round(case.grid.ijk_to_lps[:3, :3].ravel(), 6)),
        *case.roi.size_mm,
        *(case.roi.center_lps - middle),
        float(case.roi.is_axis_aligned),
        case.lesion_mask.sum() * voxel,
        float(grain[tissue].std()),
        float(hu[:, :2].std()),
        float(np.median(hu[hu > 50])),
        float((hu > -500).mean()),
        float(case.table),
        float(len(case.decoys)),
    ]


def looks(case: PhantomCase, mask: np.ndarray) -> list[float]:
    """The tissue's brightness; percentiles, because gas and fat stand at the border."""
    return [float(p) for p in np.percentile(case.volume[mask], (50, 75, 90))]


@pytest.fixture(scope="module")
def cohort() -> tuple[np.ndarray, list[PhantomCase]]:
    plan = plan_cohort(CASES, seed=3)
    cases = [make_case(case.label, case.seed, coarsen=5) for case in plan]
    return np.array([case.label for case in plan]), cases


Cohort = tuple[np.ndarray, list[PhantomCase]]


def test_shortcuts_do_not_reveal_the_label(cohort: Cohort) -> None:
    labels, cases = cohort
    features = np.array([shortcuts(case, n) for n, case in enumerate(cases)])
    features = features[:, features.std(axis=0) > 0]
    assert abs(cross_validated_auc(features, labels) - 0.5) < CHANCE


def test_no_single_shortcut_reveals_the_label(cohort: Cohort) -> None:
    labels, cases = cohort
    features = np.array([shortcuts(case, n) for n, case in enumerate(cases)])
    aucs = [roc_auc_score(labels, column) for column in features.T]
    assert max(abs(auc - 0.5) for auc in aucs) < 0.15  # the worst of some 35


def test_look_alikes_do_not_reveal_the_label(cohort: Cohort) -> None:
    labels, cases = cohort
    features = [np.mean([looks(case, m) for m in case.decoys], axis=0) for case in cases]
    assert abs(cross_validated_auc(np.array(features), labels) - 0.5) < CHANCE


def test_the_lesion_reveals_the_label_where_look_alikes_do_not(cohort: Cohort) -> None:
    labels, cases = cohort
    features = [looks(case, case.lesion_mask) for case in cases]
    assert cross_validated_auc(np.array(features), labels) > 0.75


@pytest.mark.parametrize("seed", [1, 2])
def test_two_labels_of_one_seed_differ_inside_the_lesion_only(seed: int) -> None:
    one, other = make_case(0, seed, coarsen=1.5), make_case(1, seed, coarsen=1.5)
    assert np.array_equal(one.grid.ijk_to_lps, other.grid.ijk_to_lps)
    assert np.array_equal(one.roi.corners_lps(), other.roi.corners_lps())
    assert np.array_equal(one.lesion_mask, other.lesion_mask)
    change = np.abs(one.volume.astype(int) - other.volume)
    kji = np.argwhere(change > 1)  # 1 HU is rounding
    lps = one.grid.to_lps(kji[:, ::-1])
    away = np.abs((lps - one.roi.center_lps) @ one.roi.axes_lps) - one.roi.size_mm / 2
    assert away.max() < 25  # the margin's stray, blur and slice overlap
    assert change[one.lesion_mask].mean() > 5
    for decoy in one.decoys:
        assert change[decoy].mean() < 0.5 * change[one.lesion_mask].mean()


def test_labels_are_balanced_shuffled_and_independent_of_the_case_seeds() -> None:
    plan = plan_cohort(101, seed=9)
    labels = np.array([case.label for case in plan])
    assert sorted(np.bincount(labels)) == [50, 51]
    assert 30 < np.count_nonzero(np.diff(labels)) < 70
    assert len({case.case_id for case in plan}) == 101
    assert plan[0].case_id == "case-001"
    longer = plan_cohort(102, seed=9)
    assert [case.seed.spawn_key for case in plan] == [c.seed.spawn_key for c in longer[:101]]


# The lesion's looks, measured as a radiologist's software would, on a wall with a lesion.


def smoothed(hu: np.ndarray, pixel: float, sigma: float) -> np.ndarray:
    fy, fx = np.fft.fftfreq(hu.shape[1], pixel)[:, None], np.fft.rfftfreq(hu.shape[2], pixel)
    transfer = np.exp(-2 * (np.pi * sigma) ** 2 * (fy**2 + fx**2))
    return np.fft.irfft2(np.fft.rfft2(hu) * transfer, s=hu.shape[1:])


def measured(label: int, seed: int, difficulty: float) -> list[float]:
    """Mean, fine and coarse texture energy, spread, and steepness of the margin."""
    place, own, scanner = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
    pixel, thick = place.uniform(1.4, 1.9), place.choice([3.0, 4.0, 5.0, 6.0])
    plane = (np.arange(56) - 28) * pixel
    space = Space.whole((np.arange(12) - 6) * thick, plane, plane)
    hu = np.full((12, 56, 56), -100, dtype=np.float32)
    paint(hu, space, soft(-space.warped[0] - 3, 2.0), 90.0)
    paint(hu, space, soft(-space.warped[0] + 3, 2.0), 15.0 if place.random() < 0.7 else -950.0)
    semi = place.uniform((12, 16, 16), (16, 30, 26))
    blob = oriented_blob((0, 0, 0), np.array([1.0, 0.1, 0.1]), semi, place.uniform(0, 3.14))
    paint_blob(hu, space, blob, draw_looks(label, own, difficulty), own)
    noise = scanner.uniform(8, 14) * (0.8 + 0.7 * difficulty)
    scanned = scan(hu, space, scanner, noise, scanner.uniform(0.6, 0.95)).astype(np.float64)
    distance = blob.distance(space)
    inner, rim = distance < -3, np.abs(distance) < 3
    a, b, c = (smoothed(scanned, pixel, sigma) for sigma in (1.6, 3.2, 6.0))
    steep = np.hypot(*np.gradient(a, pixel, axis=(1, 2)))
    return [
        float(a[inner].mean()),
        float(np.log((a - b)[inner].std())),
        float(np.log((b - c)[inner].std())),
        float(np.log(a[inner].std())),
        float(np.log(steep[rim].mean())),
    ]


def measured_aucs(difficulty: float) -> tuple[float, list[float]]:
    labels = np.arange(240) % 2
    table = np.array([measured(int(label), seed, difficulty) for seed, label in enumerate(labels)])
    singles = [roc_auc_score(labels, column) for column in table.T]
    return cross_validated_auc(table, labels), [max(auc, 1 - auc) for auc in singles]


def test_the_looks_reveal_the_label_together_better_than_each_alone() -> None:
    together, singles = measured_aucs(0.5)
    assert 0.90 < together < 0.99
    assert max(singles) < 0.92
    assert sum(auc > 0.62 for auc in singles) >= 3


def test_a_hard_cohort_is_hard_and_not_hopeless() -> None:
    together, singles = measured_aucs(1.0)
    assert 0.58 < together < 0.80
    assert max(singles) < 0.75
