"""Index what the shop and the helpdesk look for

Revision ID: d4a86e1f3092
Revises: 95c0a3e8b7d4
Create Date: 2024-09-25 10:18:02.954467

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision: str = "d4a86e1f3092"
down_revision: str | Sequence[str] | None = "95c0a3e8b7d4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_index("ix_customers_email_lower", "customers", [sa.text("lower(email)")])
    op.create_index(
        "ix_orders_open",
        "orders",
        ["placed_at"],
        postgresql_where=sa.text("status IN ('new', 'paid')"),
    )
    op.create_index(
        "ix_support_tickets_open",
        "support_tickets",
        ["opened_at"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_products_attributes", "products", ["attributes"], postgresql_using="gin")
    op.create_table_comment("customers", "Everybody who ever ordered or wrote to us")
    op.alter_column("customers", "tax_id", comment="VAT number of companies; NULL for private customers")
    op.alter_column("order_items", "order", comment="Position on the invoice, counted from 1")


def downgrade() -> None:
    """Downgrade schema."""
    op.alter_column("order_items", "order", comment=None)
    op.alter_column("customers", "tax_id", comment=None)
    op.drop_table_comment("customers")
    op.drop_index("ix_products_attributes", table_name="products")
    op.drop_index("ix_support_tickets_open", table_name="support_tickets")
    op.drop_index("ix_orders_open", table_name="orders")
    op.drop_index("ix_customers_email_lower", table_name="customers")
