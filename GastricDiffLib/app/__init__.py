"""What the Slicer module's panel and the browser viewer do, without Qt and without a page."""
