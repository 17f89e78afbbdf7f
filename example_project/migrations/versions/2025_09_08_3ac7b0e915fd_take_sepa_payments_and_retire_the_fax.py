"""Take sepa payments and retire the fax

Revision ID: 3ac7b0e915fd
Revises: f25e61c4d8a0
Create Date: 2025-09-08 09:14:58.637402

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision: str = "3ac7b0e915fd"
down_revision: str | Sequence[str] | None = "f25e61c4d8a0"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("ALTER TYPE payment_method ADD VALUE 'sepa' AFTER 'card'")
    op.drop_column("customers", "fax")


def downgrade() -> None:
    """Downgrade schema."""
    op.add_column("customers", sa.Column("fax", sa.String(length=40), nullable=True))
    # An enum cannot lose a value: the type is made again.
    op.execute("UPDATE payments SET method = 'invoice' WHERE method::text = 'sepa'")
    op.drop_constraint(op.f("ck_payments_card_only"), "payments", type_="check")
    op.execute("ALTER TYPE payment_method RENAME TO payment_method_with_sepa")
    op.execute("CREATE TYPE payment_method AS ENUM ('card', 'invoice', 'paypal')")
    op.execute("ALTER TABLE payments ALTER COLUMN method TYPE payment_method USING method::text::payment_method")
    op.execute("DROP TYPE payment_method_with_sepa")
    op.create_check_constraint(op.f("ck_payments_card_only"), "payments", "card_last4 IS NULL OR method = 'card'")
