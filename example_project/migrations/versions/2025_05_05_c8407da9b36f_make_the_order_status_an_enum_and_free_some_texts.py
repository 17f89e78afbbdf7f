"""Make the order status an enum and free some texts

The index on open orders is made again, as its condition compares texts.

Revision ID: c8407da9b36f
Revises: 1b95f3a7e0d2
Create Date: 2025-05-05 10:36:28.411597

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision: str = "c8407da9b36f"
down_revision: str | Sequence[str] | None = "1b95f3a7e0d2"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.drop_index("ix_orders_open", table_name="orders")
    op.drop_constraint(op.f("ck_orders_status"), "orders", type_="check")
    op.execute("CREATE TYPE order_status AS ENUM ('new', 'paid', 'shipped', 'delivered', 'cancelled', 'returned')")
    op.execute("ALTER TABLE orders ALTER COLUMN status DROP DEFAULT")
    op.execute("ALTER TABLE orders ALTER COLUMN status TYPE order_status USING status::order_status")
    op.execute("ALTER TABLE orders ALTER COLUMN status SET DEFAULT 'new'")
    op.create_index(
        "ix_orders_open",
        "orders",
        ["placed_at"],
        postgresql_where=sa.text("status IN ('new', 'paid')"),
    )
    op.alter_column("customers", "phone", existing_type=sa.String(length=40), type_=sa.Text())
    op.alter_column("payments", "provider_ref", existing_type=sa.String(length=64), type_=sa.Text())


def downgrade() -> None:
    """Downgrade schema."""
    op.alter_column("payments", "provider_ref", existing_type=sa.Text(), type_=sa.String(length=64))
    op.alter_column("customers", "phone", existing_type=sa.Text(), type_=sa.String(length=40))
    op.drop_index("ix_orders_open", table_name="orders")
    op.execute("ALTER TABLE orders ALTER COLUMN status DROP DEFAULT")
    op.execute("ALTER TABLE orders ALTER COLUMN status TYPE text USING status::text")
    op.execute("ALTER TABLE orders ALTER COLUMN status SET DEFAULT 'new'")
    op.execute("DROP TYPE order_status")
    op.execute("UPDATE orders SET status = 'cancelled' WHERE status = 'returned'")
    op.create_check_constraint(
        op.f("ck_orders_status"), "orders", "status IN ('new', 'paid', 'shipped', 'delivered', 'cancelled')"
    )
    op.create_index(
        "ix_orders_open",
        "orders",
        ["placed_at"],
        postgresql_where=sa.text("status IN ('new', 'paid')"),
    )
