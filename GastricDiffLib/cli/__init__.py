"""The command line ``gastricdiff``.

A command is a module of this package with a ``COMMAND``, see
:class:`GastricDiffLib.cli.command.Command`; nothing else names it.
"""
