"""CT volumes and ROI boxes in files: one registry of formats for reading and writing."""
