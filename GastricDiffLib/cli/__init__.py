"""The command line ``gastricdiff``."""
