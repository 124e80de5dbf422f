"""The tool in a browser: a hub, a process for each browser session, and what is uploaded."""
