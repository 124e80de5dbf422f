"""The server that browsers talk to: it admits them, starts their sessions and hands through."""
