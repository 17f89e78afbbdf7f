"""Accept refunds to an iban

Revision ID: 95c0a3e8b7d4
Revises: 27d9f4b1c05e
Create Date: 2024-07-18 13:31:40.217733

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision: str = "95c0a3e8b7d4"
down_revision: str | Sequence[str] | None = "27d9f4b1c05e"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE DOMAIN iban AS text CONSTRAINT iban_format CHECK (VALUE ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$')")
    op.add_column(
        "payments",
        sa.Column(
            "refund_iban",
            postgresql.DOMAIN("iban", sa.Text(), create_type=False),
            nullable=True,
        ),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("payments", "refund_iban")
    op.execute("DROP DOMAIN iban")
