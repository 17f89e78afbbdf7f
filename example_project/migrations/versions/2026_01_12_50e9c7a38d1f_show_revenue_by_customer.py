"""Show revenue by customer

Revision ID: 50e9c7a38d1f
Revises: 86d1e2f94c7b
Create Date: 2026-01-12 13:42:19.380257

"""

from collections.abc import Sequence

from alembic import op

# revision identifiers, used by Alembic.
revision: str = "50e9c7a38d1f"
down_revision: str | Sequence[str] | None = "86d1e2f94c7b"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute(
        """
        CREATE VIEW customer_revenue AS
        SELECT c.id AS customer_id, c.full_name, o.currency, count(*) AS orders, sum(o.total) AS revenue,
               max(o.placed_at) AS last_order_at
        FROM customers c
        JOIN orders o ON o.customer_id = c.id
        WHERE o.status NOT IN ('cancelled', 'returned')
        GROUP BY c.id, c.full_name, o.currency
        """
    )
    op.execute("COMMENT ON VIEW customer_revenue IS 'What the monthly report shows; one row per customer and currency'")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DROP VIEW customer_revenue")
