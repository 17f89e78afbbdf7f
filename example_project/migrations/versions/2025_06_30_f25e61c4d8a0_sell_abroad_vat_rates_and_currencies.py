"""Sell abroad: vat rates and currencies

Both columns are NOT NULL without a default on purpose: whoever adds a product or an order has to say it.

Revision ID: f25e61c4d8a0
Revises: c8407da9b36f
Create Date: 2025-06-30 14:50:33.026189

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision: str = "f25e61c4d8a0"
down_revision: str | Sequence[str] | None = "c8407da9b36f"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("products", sa.Column("vat_rate", sa.Numeric(precision=4, scale=3), nullable=True))
    op.execute("UPDATE products SET vat_rate = CASE WHEN tags @> '{book}' THEN 0.07 ELSE 0.19 END")
    op.alter_column("products", "vat_rate", nullable=False)
    op.create_check_constraint(op.f("ck_products_vat_rate"), "products", "vat_rate BETWEEN 0 AND 1")

    op.add_column("orders", sa.Column("currency", sa.CHAR(length=3), nullable=True))
    op.execute("UPDATE orders SET currency = 'EUR'")
    op.alter_column("orders", "currency", nullable=False)


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("orders", "currency")
    op.drop_constraint(op.f("ck_products_vat_rate"), "products", type_="check")
    op.drop_column("products", "vat_rate")
