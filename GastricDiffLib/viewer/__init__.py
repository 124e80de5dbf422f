"""The tool in a browser: one server, a process for each browser session, and what is uploaded."""
