"""The packages of a wheel: every folder of the library, found, and the models beside it.

All else stands in pyproject.toml, which can find packages or name them, but not both.
"""

from setuptools import find_namespace_packages, setup

# Beside the library in the source tree and in Slicer; inside it in a wheel.
MODELS = "GastricDiffLib.Resources.Models"

setup(
    packages=[*find_namespace_packages(include=["GastricDiffLib", "GastricDiffLib.*"]), MODELS],
    package_dir={MODELS: "Resources/Models"},
)
