"""A counterpart of Slicer's module ``SampleData``, as far as other modules register with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class SampleDataSource:
    """A data set on offer. Lists of files go together: one URI, file and node name each."""

    def __init__(
        self,
        sampleName: str | None = None,
        sampleDescription: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        checksums: Any = None,
        loadFiles: Any = None,
        customDownloader: Callable[[SampleDataSource], Any] | None = None,
        thumbnailFileName: str | None = None,
        loadFileTypes: Any = None,
        loadFileProperties: dict[str, Any] | None = None,
    ) -> None:
        self.sampleName = sampleName
        self.sampleDescription = sampleDescription or sampleName
        self.customDownloader, self.thumbnailFileName = customDownloader, thumbnailFileName
        self.loadFileProperties = loadFileProperties or {}
        if isinstance(uris, str):
            uris, fileNames, nodeNames = [uris], [fileNames], [nodeNames]
            checksums, loadFiles, loadFileTypes = [checksums], [loadFiles], [loadFileTypes]
        count = len(uris)
        self.uris, self.fileNames = uris, fileNames
        self.nodeNames = nodeNames or [None] * count
        self.checksums = checksums or [None] * count
        self.loadFiles = loadFiles or [None] * count
        self.loadFileTypes = loadFileTypes or [None] * count
        lists = (self.fileNames, self.nodeNames, self.checksums, self.loadFiles, self.loadFileTypes)
        if any(len(entries) != count for entries in lists):
            raise ValueError("All fields of sample data source must have the same length")


class SampleDataLogic:
    """The register of data sets, by category: ``slicer.modules.sampleDataSources``."""

    @staticmethod
    def registerCustomSampleDataCategory(category: str, title: str) -> None:
        _sources().setdefault(category, [])

    @staticmethod
    def registerCustomSampleDataSource(
        category: str = "Custom",
        sampleName: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        customDownloader: Callable[[SampleDataSource], Any] | None = None,
        thumbnailFileName: str | None = None,
        loadFileTypes: Any = None,
        loadFiles: Any = None,
        loadFileProperties: dict[str, Any] | None = None,
        checksums: Any = None,
    ) -> None:
        """Put a data set on offer; the same name twice in a category stays one."""
        source = SampleDataSource(
            sampleName=sampleName,
            uris=uris,
            fileNames=fileNames,
            nodeNames=nodeNames,
            checksums=checksums,
            loadFiles=loadFiles,
            customDownloader=customDownloader,
            thumbnailFileName=thumbnailFileName,
            loadFileTypes=loadFileTypes,
            loadFileProperties=loadFileProperties,
        )
        registered = _sources().setdefault(category, [])
        if sampleName not in [other.sampleName for other in registered]:
            registered.append(source)

    @staticmethod
    def sampleDataSourcesByCategory(category: str | None = None) -> Any:
        return _sources() if category is None else _sources().get(category, [])

    def sourceForSampleName(self, sampleName: str) -> SampleDataSource | None:
        every = (source for sources in _sources().values() for source in sources)
        return next((source for source in every if source.sampleName == sampleName), None)


def _sources() -> dict[str, list[SampleDataSource]]:
    import slicer

    return slicer.modules.__dict__.setdefault("sampleDataSources", {})
