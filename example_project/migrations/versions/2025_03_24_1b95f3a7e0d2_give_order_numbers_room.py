"""Give order numbers room

The old numbers of the marketplace shop will be taken over, and they do not fit in four bytes.

Revision ID: 1b95f3a7e0d2
Revises: 7e42d8f60b19
Create Date: 2025-03-24 17:05:11.874620

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision: str = "1b95f3a7e0d2"
down_revision: str | Sequence[str] | None = "7e42d8f60b19"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    for table, column in (("orders", "id"), ("order_items", "order_id"), ("payments", "order_id")):
        op.alter_column(table, column, existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=False)


def downgrade() -> None:
    """Downgrade schema."""
    for table, column in (("payments", "order_id"), ("order_items", "order_id"), ("orders", "id")):
        op.alter_column(table, column, existing_type=sa.BigInteger(), type_=sa.Integer(), existing_nullable=False)
