"""Alembic's part: env.py, pending revisions and revision files; import its modules one by one, and only when needed.

Alembic loads krakn's plugin while it is itself still importing, when most of what these modules need is not there yet.
"""
