"""Call things what everybody calls them

customers.name becomes full_name (the API has said so since version 2), and ticket_messages
become support_messages, as chats are messages without a ticket's form.

Revision ID: 7e42d8f60b19
Revises: a30b5c9e4f76
Create Date: 2025-02-17 11:22:50.193045

"""

from collections.abc import Sequence

from alembic import op

# revision identifiers, used by Alembic.
revision: str = "7e42d8f60b19"
down_revision: str | Sequence[str] | None = "a30b5c9e4f76"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.alter_column("customers", "name", new_column_name="full_name")
    op.rename_table("ticket_messages", "support_messages")
    op.execute("ALTER TABLE support_messages RENAME CONSTRAINT pk_ticket_messages TO pk_support_messages")
    op.execute(
        "ALTER TABLE support_messages RENAME CONSTRAINT fk_ticket_messages_ticket_id_support_tickets"
        " TO fk_support_messages_ticket_id_support_tickets"
    )
    op.execute("ALTER INDEX ix_ticket_messages_ticket_id RENAME TO ix_support_messages_ticket_id")
    op.execute("ALTER SEQUENCE ticket_messages_id_seq RENAME TO support_messages_id_seq")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("ALTER SEQUENCE support_messages_id_seq RENAME TO ticket_messages_id_seq")
    op.execute("ALTER INDEX ix_support_messages_ticket_id RENAME TO ix_ticket_messages_ticket_id")
    op.execute(
        "ALTER TABLE support_messages RENAME CONSTRAINT fk_support_messages_ticket_id_support_tickets"
        " TO fk_ticket_messages_ticket_id_support_tickets"
    )
    op.execute("ALTER TABLE support_messages RENAME CONSTRAINT pk_support_messages TO pk_ticket_messages")
    op.rename_table("support_messages", "ticket_messages")
    op.alter_column("customers", "full_name", new_column_name="name")
