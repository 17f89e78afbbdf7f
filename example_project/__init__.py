"""A shop on Alembic: the project that the demo and the tests run krakn on."""
