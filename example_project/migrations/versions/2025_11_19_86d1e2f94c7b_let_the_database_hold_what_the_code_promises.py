"""Let the database hold what the code promises

One account for each e-mail address, no payment booked twice, and nobody who is not an employee
leads a team or answers a ticket. Employees and teams refer to each other from now on.

Revision ID: 86d1e2f94c7b
Revises: 3ac7b0e915fd
Create Date: 2025-11-19 16:28:07.759318

"""

from collections.abc import Sequence

from alembic import op

# revision identifiers, used by Alembic.
revision: str = "86d1e2f94c7b"
down_revision: str | Sequence[str] | None = "3ac7b0e915fd"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_unique_constraint(op.f("uq_customers_email"), "customers", ["email"])
    op.create_unique_constraint(op.f("uq_payments_idempotency_key"), "payments", ["idempotency_key"])
    op.create_foreign_key(
        op.f("fk_support_tickets_assignee_id_employees"), "support_tickets", "employees", ["assignee_id"], ["id"]
    )
    op.create_foreign_key(op.f("fk_teams_lead_id_employees"), "teams", "employees", ["lead_id"], ["id"])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_constraint(op.f("fk_teams_lead_id_employees"), "teams", type_="foreignkey")
    op.drop_constraint(op.f("fk_support_tickets_assignee_id_employees"), "support_tickets", type_="foreignkey")
    op.drop_constraint(op.f("uq_payments_idempotency_key"), "payments", type_="unique")
    op.drop_constraint(op.f("uq_customers_email"), "customers", type_="unique")
