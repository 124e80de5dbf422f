"""How fast the project is, each number beside a baseline and a ceiling of the same run."""
