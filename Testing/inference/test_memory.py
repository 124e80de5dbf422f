"""The allocator keeps a network's memory for the next pass, and gives it back on request."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="these are settings of glibc"
)

BLOCKS = """
import resource, sys
import numpy as np
from GastricDiffLib.memory import give_back_memory, keep_memory

if sys.argv[1] == "keep":
    keep_memory()

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() >> 20

def pass_through():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [np.ones(40 << 20, np.uint8) for _ in range(4)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

pass_through()
faults, held = pass_through(), resident()
give_back_memory()
print(faults, held - resident())
"""


def passes(setting: str) -> tuple[int, int]:
    """Page faults of the second of two passes over 160 MiB, and MiB given back after it."""
    done = subprocess.run(
        [sys.executable, "-c", BLOCKS, setting], check=True, capture_output=True, text=True
    )
    faults, returned = done.stdout.split()
    return int(faults), int(returned)


def test_a_second_pass_finds_the_memory_of_the_first_and_all_of_it_can_be_given_back():
    faults, returned = passes("keep")
    faults_by_default, returned_by_default = passes("default")
    assert faults < faults_by_default / 10
    assert returned > 100 > returned_by_default
