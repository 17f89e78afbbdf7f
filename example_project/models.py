"""The shop's tables, as the newest revision leaves them."""

from __future__ import annotations

import enum
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    Double,
    Enum,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, DOMAIN, INET, INTERVAL, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """What every model has in common: how its constraints are named, and that text is text and times have a zone."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as it is
        str: Text(),
        datetime: DateTime(timezone=True),
    }


class OrderStatus(enum.Enum):
    """How far an order has come."""

    NEW = "new"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class PaymentMethod(enum.Enum):
    """How a customer pays."""

    CARD = "card"
    SEPA = "sepa"
    INVOICE = "invoice"
    PAYPAL = "paypal"


class TicketStatus(enum.Enum):
    """Whose turn it is on a ticket."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


def enum_type(values: type[enum.Enum], name: str) -> Enum:
    """Make an enum type of PostgreSQL that holds the values, not the Python names."""
    return Enum(values, name=name, values_callable=lambda members: [member.value for member in members])


class Customer(Base):
    """Somebody who ordered or wrote to us."""

    __tablename__ = "customers"
    __table_args__ = (
        Index("ix_customers_email_lower", text("lower(email)")),
        {"comment": "Everybody who ever ordered or wrote to us"},
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    full_name: Mapped[str]
    phone: Mapped[str | None]
    birthdate: Mapped[date | None]
    tax_id: Mapped[str | None] = mapped_column(comment="VAT number of companies; NULL for private customers")
    notes: Mapped[str | None]
    newsletter: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

    addresses: Mapped[list[Address]] = relationship(back_populates="customer", passive_deletes=True)
    orders: Mapped[list[Order]] = relationship(back_populates="customer")
    tickets: Mapped[list[SupportTicket]] = relationship(back_populates="customer")


class Address(Base):
    """Where parcels and invoices of a customer go."""

    __tablename__ = "addresses"
    __table_args__ = (CheckConstraint("kind IN ('billing', 'shipping')", name="kind"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(server_default=text("'shipping'"))
    line1: Mapped[str]
    line2: Mapped[str | None]
    postal_code: Mapped[str] = mapped_column(String(12))
    city: Mapped[str]
    country: Mapped[str] = mapped_column(CHAR(2))

    customer: Mapped[Customer] = relationship(back_populates="addresses")


class Category(Base):
    """A shelf of the shop; shelves stand in shelves."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class Product(Base):
    """Something that can be bought."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("vat_rate BETWEEN 0 AND 1", name="vat_rate"),
        Index("ix_products_attributes", "attributes", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    sku: Mapped[str] = mapped_column(String(20), unique=True)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    title: Mapped[str]
    description: Mapped[str | None]
    size: Mapped[str | None] = mapped_column("Größe")
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    weight: Mapped[Decimal | None] = mapped_column(Numeric())
    rating: Mapped[float | None] = mapped_column(Double())
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default=text("'{}'"))
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB(), server_default=text("'{}'"))
    thumbnail: Mapped[bytes | None]
    vat_rate: Mapped[Decimal] = mapped_column(Numeric(4, 3))


class Order(Base):
    """What a customer ordered at one time."""

    __tablename__ = "orders"
    __table_args__ = (Index("ix_orders_open", "placed_at", postgresql_where=text("status IN ('new', 'paid')")),)

    id: Mapped[int] = mapped_column(BigInteger(), Identity(), primary_key=True)
    public_id: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    shipping_address_id: Mapped[int | None] = mapped_column(ForeignKey("addresses.id", ondelete="SET NULL"))
    status: Mapped[OrderStatus] = mapped_column(enum_type(OrderStatus, "order_status"), server_default=text("'new'"))
    total: Mapped[Decimal] = mapped_column(Numeric(14, 2), server_default=text("0"))
    currency: Mapped[str] = mapped_column(CHAR(3))
    placed_at: Mapped[datetime]

    customer: Mapped[Customer] = relationship(back_populates="orders")
    items: Mapped[list[OrderItem]] = relationship(back_populates="parent", passive_deletes=True)
    payments: Mapped[list[Payment]] = relationship(back_populates="order")


class OrderItem(Base):
    """One line of an order."""

    __tablename__ = "order_items"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    order_id: Mapped[int] = mapped_column(BigInteger(), ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(
        "order",
        SmallInteger(),
        primary_key=True,
        autoincrement=False,
        comment="Position on the invoice, counted from 1",
    )
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    quantity: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    line_total: Mapped[Decimal | None] = mapped_column(
        Numeric(14, 2), Computed("quantity * unit_price", persisted=True)
    )

    parent: Mapped[Order] = relationship(back_populates="items")
    product: Mapped[Product] = relationship()


class Payment(Base):
    """Money that came, or went back."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("card_last4 ~ '^[0-9]{4}$'", name="card_last4"),
        CheckConstraint("card_last4 IS NULL OR method = 'card'", name="card_only"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    order_id: Mapped[int] = mapped_column(BigInteger(), ForeignKey("orders.id"), index=True)
    method: Mapped[PaymentMethod] = mapped_column(enum_type(PaymentMethod, "payment_method"))
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    card_last4: Mapped[str | None] = mapped_column(CHAR(4))
    provider_ref: Mapped[str | None]
    provider_payload: Mapped[dict[str, Any] | None] = mapped_column(JSONB())
    idempotency_key: Mapped[UUID | None] = mapped_column(unique=True)
    paid_at: Mapped[datetime | None]
    refund_iban: Mapped[str | None] = mapped_column(DOMAIN("iban", Text()))

    order: Mapped[Order] = relationship(back_populates="payments")


class SupportTicket(Base):
    """A question or a complaint of a customer."""

    __tablename__ = "support_tickets"
    __table_args__ = (Index("ix_support_tickets_open", "opened_at", postgresql_where=text("closed_at IS NULL")),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    subject: Mapped[str]
    status: Mapped[TicketStatus] = mapped_column(
        enum_type(TicketStatus, "ticket_status"), server_default=text("'open'")
    )
    promised_within: Mapped[timedelta | None] = mapped_column(INTERVAL())
    opened_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    closed_at: Mapped[datetime | None]

    customer: Mapped[Customer] = relationship(back_populates="tickets")
    assignee: Mapped[Employee | None] = relationship()
    messages: Mapped[list[SupportMessage]] = relationship(back_populates="ticket", passive_deletes=True)


class SupportMessage(Base):
    """One message of a ticket, from either side."""

    __tablename__ = "support_messages"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("support_tickets.id", ondelete="CASCADE"), index=True)
    author: Mapped[str]
    body: Mapped[str]
    attachment: Mapped[bytes | None]
    sent_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

    ticket: Mapped[SupportTicket] = relationship(back_populates="messages")


class Team(Base):
    """A team, which one of the employees leads."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id", use_alter=True))

    lead: Mapped[Employee | None] = relationship(foreign_keys=[lead_id], post_update=True)


class Employee(Base):
    """Somebody who works here."""

    __tablename__ = "employees"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    name: Mapped[str]
    email: Mapped[str] = mapped_column(String(255), unique=True)
    hired_on: Mapped[date]

    team: Mapped[Team | None] = relationship(foreign_keys=[team_id])


class AuditEntry(Base):
    """What somebody changed."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_at", text("at DESC")),)

    id: Mapped[int] = mapped_column(BigInteger(), Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    actor: Mapped[str | None]
    client: Mapped[str | None] = mapped_column(INET())
    action: Mapped[str]
    row_key: Mapped[int | None] = mapped_column(BigInteger())
    changed: Mapped[list[str] | None] = mapped_column(ARRAY(Text()))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB())
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB())
