"""Record every change of a payment

Revision ID: e8f30a6b2c94
Revises: 50e9c7a38d1f
Create Date: 2026-02-23 10:07:45.912073

"""

from collections.abc import Sequence

from alembic import op

# revision identifiers, used by Alembic.
revision: str = "e8f30a6b2c94"
down_revision: str | Sequence[str] | None = "50e9c7a38d1f"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute(
        """
        CREATE FUNCTION audit_payment() RETURNS trigger
        LANGUAGE plpgsql
        AS $$
        BEGIN
            INSERT INTO audit_log (actor, action, row_key, before, after)
            VALUES (
                session_user,
                'payment ' || lower(TG_OP),
                CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END,
                CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
                CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
            );
            RETURN NULL;
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER payments_audit AFTER INSERT OR UPDATE OR DELETE ON payments"
        " FOR EACH ROW EXECUTE FUNCTION audit_payment()"
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DROP TRIGGER payments_audit ON payments")
    op.execute("DROP FUNCTION audit_payment()")
