"""The voting rule: what several votes on a case come to. Plain numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def majority(
    votes: npt.ArrayLike, mean_p: npt.ArrayLike, threshold: npt.ArrayLike
) -> npt.NDArray[np.bool_]:
    """What most voters vote for; a tie is broken by the mean probability.

    Voters are the slices of one case, or the networks that judged the same cases.

    Parameters
    ----------
    votes
        (N, …) bool: voter by voter whether it votes for the positive class.
    mean_p
        (…) mean probability of the positive class over the voters, in 0…1.
    threshold
        (…) a mean probability at or above it decides a tie for the positive class.

    Returns
    -------
    NDArray
        (…) bool, of no dimension for the votes on a single case.

    Examples
    --------
    >>> bool(majority([True, True, False], mean_p=0.4, threshold=0.5))
    True
    >>> majority([[True, True], [False, False]], mean_p=[0.6, 0.4], threshold=0.5)
    array([ True, False])
    """
    cast: npt.NDArray[Any] = np.asarray(votes, dtype=bool)
    ahead = 2 * np.count_nonzero(cast, axis=0) - len(cast)
    return np.where(ahead == 0, np.asarray(mean_p) >= np.asarray(threshold), ahead > 0)
