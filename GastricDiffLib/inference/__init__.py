"""The model file, and the one place outside training that runs a network."""
