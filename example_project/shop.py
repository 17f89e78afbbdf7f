"""A seed in, the life of a shop out: who bought what, paid how and complained about it.

Faker makes some 15,000 values a second, so it fills small pools and the rows combine them. The
first rows of each column that can hold them take the values of `awkward`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from faker import Faker

from . import awkward

CUSTOMERS, ADDRESSES, PRODUCTS, ORDERS, TICKETS, EMPLOYEES, AUDITS = 5_000, 6_000, 800, 8_000, 1_200, 40, 4_000
OPENED, TODAY = datetime(2024, 1, 15, tzinfo=timezone.utc), datetime(2026, 2, 28, tzinfo=timezone.utc)
CATEGORIES = {
    "Books": ("Novels", "Cooking", "Travel", "Children"),
    "Clothes": ("Shirts", "Trousers", "Shoes", "Coats"),
    "Kitchen": ("Knives", "Pans", "Mugs"),
    "Garden": ("Seeds", "Tools", "Pots & Planters"),
    "Toys": ("Puzzles", "Trains"),
}
TEAMS = ("Helpdesk", "Warehouse", "Payments", "Web", "Purchasing", "Management")
STATUSES = {"new": 4, "paid": 6, "shipped": 10, "delivered": 72, "cancelled": 8}
METHODS = {"card": 55, "invoice": 20, "paypal": 25}

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Batch:
    """The rows of one table, as prod's revision knows it."""

    table: str
    columns: tuple[str, ...]
    rows: list[Row]


def _pool(make: Callable[[], str], size: int) -> list[str]:
    return [make() for _ in range(size)]


class Shop:
    """The shop's life, told with one source of chance; the order of the calls is part of the result."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        german, british = Faker("de_DE"), Faker("en_GB")
        german.seed_instance(seed)
        british.seed_instance(seed)
        self.first = _pool(german.first_name, 200) + _pool(british.first_name, 150)
        self.last = _pool(german.last_name, 250) + _pool(british.last_name, 150)
        self.streets = _pool(german.street_name, 250)
        self.cities = _pool(german.city, 150)
        self.phones = _pool(german.phone_number, 400)
        self.ibans = _pool(german.iban, 200)
        self.sentences = _pool(german.sentence, 150) + _pool(british.sentence, 150)
        self.words = _pool(british.word, 200)
        self.domains = _pool(british.free_email_domain, 20)

    def pick(self, values: Any) -> Any:
        """Take one of the values, or of a mapping's keys by weight."""
        if isinstance(values, dict):
            return self.random.choices(list(values), list(values.values()))[0]
        return self.random.choice(values)

    def maybe(self, share: float, make: Callable[[], Any]) -> Any:
        """Give what `make` makes for a share of the rows, and None for the others."""
        return make() if self.random.random() < share else None

    def moment(self, start: datetime = OPENED, end: datetime = TODAY) -> datetime:
        """Give a time between two others, to the microsecond."""
        return start + (end - start) * self.random.random()

    def cents(self, low: int, high: int) -> Decimal:
        """Give an amount of money."""
        return Decimal(self.random.randint(low, high)) / 100

    def uuid(self) -> UUID:
        """Give a random UUID that the seed decides."""
        return UUID(int=self.random.getrandbits(128), version=4)

    def name(self) -> str:
        """Give a full name."""
        return f"{self.pick(self.first)} {self.pick(self.last)}"

    def categories(self) -> Iterator[Row]:
        """Make the shelves, which stand in five large ones."""
        number = 0
        for top, shelves in CATEGORIES.items():
            number += 1
            parent = number
            yield (parent, None, top.lower(), top)
            for shelf in shelves:
                number += 1
                yield (number, parent, f"{top}-{shelf}".lower().replace(" & ", "-"), shelf)

    def products(self) -> Iterator[Row]:
        """Make products, and remember their prices."""
        self.prices = [self.cents(199, 24_900) for _ in range(PRODUCTS)]
        self.prices[:3] = [Decimal("0.01"), Decimal("9999999999.99"), Decimal("0.00")]
        shelves = sum(1 + len(shelves) for shelves in CATEGORIES.values())
        for i in range(PRODUCTS):
            tags = sorted({self.pick(self.words), self.pick(("book", "new", "sale", "gift"))})
            attributes = {"colour": self.pick(("red", "blue", "grün")), "stock": self.random.randint(0, 99)}
            yield (
                i + 1,
                f"{self.pick('ABCDEFGH')}{i + 1:05}-{self.random.randint(10, 99)}",
                self.maybe(0.97, lambda: self.random.randint(1, shelves)),
                f"{self.pick(self.words)} {self.pick(self.words)}".title(),
                _first(awkward.TEXTS, i, self.maybe(0.8, lambda: self.pick(self.sentences))),
                self.maybe(0.5, lambda: self.pick(("S", "M", "L", "XL", "38½", "größer"))),
                self.prices[i],
                _first(awkward.NUMERICS, i, self.maybe(0.9, lambda: self.cents(5, 2_000))),
                _first(awkward.FLOATS, i, self.maybe(0.7, lambda: self.random.uniform(1, 5))),
                _first(awkward.ARRAYS, i, tags),
                _first(awkward.JSONS, i, json.dumps(attributes)),
                _first(awkward.BYTES, i, self.maybe(0.3, lambda: self.random.randbytes(64))),
            )

    def teams(self) -> Iterator[Row]:
        """Make teams; an employee who comes later leads each of them, but for the last."""
        for i, name in enumerate(TEAMS):
            yield (i + 1, name, i + 1 if name != TEAMS[-1] else None)

    def employees(self) -> Iterator[Row]:
        """Make employees: the first ones lead the teams."""
        for i in range(EMPLOYEES):
            name = self.name()
            hired = OPENED.date() + timedelta(days=self.random.randint(0, 700))
            yield (i + 1, i % len(TEAMS) + 1, name, f"staff{i + 1}@shop.example", hired)

    def customers(self) -> Iterator[Row]:
        """Make customers, each with an e-mail address of their own."""
        for i in range(CUSTOMERS):
            name = _first(awkward.NAMES, i, self.name())
            handle = self.pick((f"{self.pick(self.words)}.{i}", f"{self.pick(self.words).title()}{i}", f"{i}"))
            yield (
                i + 1,
                f"{handle}@{self.pick(self.domains)}",
                name,
                self.maybe(0.8, lambda: self.pick(self.phones)),
                self.maybe(0.05, lambda: self.pick(self.phones)),
                _first(awkward.DATES, i, self.maybe(0.6, self.birthdate)),
                self.maybe(0.1, lambda: f"DE{self.random.randint(10**8, 10**9 - 1)}"),
                _first(awkward.TEXTS, i, self.maybe(0.15, lambda name=name: f"{name}: {self.pick(self.sentences)}")),
                self.random.random() < 0.4,
                self.moment(),
            )

    def birthdate(self) -> date:
        """Give a date between 1940 and 2007."""
        return date(1940, 1, 1) + timedelta(days=self.random.randint(0, 24_500))

    def addresses(self) -> Iterator[Row]:
        """Make an address for each customer, and a second one for some."""
        for i in range(ADDRESSES):
            yield (
                i + 1,
                i % CUSTOMERS + 1,
                "billing" if i >= CUSTOMERS else "shipping",
                f"{self.pick(self.streets)} {self.random.randint(1, 180)}",
                _first(awkward.TEXTS, i, self.maybe(0.1, lambda: f"c/o {self.name()}")),
                f"{self.random.randint(1_000, 99_999):05}",
                self.pick(self.cities),
                self.pick({"DE": 85, "AT": 8, "CH": 5, "FR": 2}),
            )

    def sales(self) -> list[Batch]:
        """Make orders with their items and payments, whose amounts agree."""
        orders: list[Row] = []
        items: list[Row] = []
        payments: list[Row] = []
        uuids = dict(enumerate(awkward.UUIDS))
        for i in range(ORDERS):
            buyer, status = self.random.randint(1, CUSTOMERS), self.pick(STATUSES)
            placed = self.moment()
            total = Decimal(0)
            for position in range(1, self.pick({1: 45, 2: 30, 3: 18, 4: 7}) + 1):
                product, quantity = self.random.randint(4, PRODUCTS), self.pick({1: 80, 2: 15, 5: 5})
                if i == 0 and position == 1:
                    product, quantity = 1, 2**31 - 1
                price = self.prices[product - 1]
                total += price * quantity
                items.append((i + 1, position, product, quantity, price))
            # The first addresses are the customers' own, in their order.
            address = self.maybe(0.98, lambda buyer=buyer: buyer)
            at = _first(awkward.TIMES, i, placed)
            orders.append((i + 1, uuids.get(i) or self.uuid(), buyer, address, status, total, at))
            if status not in ("new", "cancelled"):
                payments.append((len(payments) + 1, i + 1, *self.payment(len(payments), total, placed)))
        return [
            Batch(
                "orders",
                ("id", "public_id", "customer_id", "shipping_address_id", "status", "total", "placed_at"),
                orders,
            ),
            Batch("order_items", ("order_id", "order", "product_id", "quantity", "unit_price"), items),
            Batch(
                "payments",
                ("id", "order_id", "method", "amount", "card_last4", "provider_ref", "provider_payload",
                 "idempotency_key", "paid_at", "refund_iban"),
                payments,
            ),
        ]  # fmt: skip

    def payment(self, i: int, amount: Decimal, placed: datetime) -> Row:
        """Make what is known of one payment."""
        method = self.pick(METHODS)
        holder = json.dumps({"holder": self.name(), "risk": round(self.random.random(), 3)}, ensure_ascii=False)
        return (
            method,
            amount,
            f"{self.random.randint(0, 9999):04}" if method == "card" else None,
            self.maybe(0.9, lambda: f"{method[:2]}_{self.random.getrandbits(80):020x}"),
            _first(awkward.JSONS, i, self.maybe(0.8, lambda: holder)),
            self.maybe(0.95, self.uuid),
            _first(awkward.TIMES, i, placed + timedelta(minutes=self.random.randint(0, 20_000))),
            self.maybe(0.05, lambda: self.pick(self.ibans)),
        )

    def helpdesk(self) -> list[Batch]:
        """Make tickets and what was written about them."""
        tickets: list[Row] = []
        messages: list[Row] = []
        for i in range(TICKETS):
            status = self.pick({"open": 8, "waiting": 7, "closed": 85})
            opened, customer = self.moment(), self.name()
            closed = opened + timedelta(hours=self.random.randint(1, 400)) if status == "closed" else None
            tickets.append((
                i + 1,
                self.random.randint(1, CUSTOMERS),
                self.maybe(0.9, lambda: self.random.randint(1, EMPLOYEES)),
                _first(awkward.TEXTS, i, self.pick(self.sentences)),
                status,
                _first(awkward.INTERVALS, i, self.maybe(0.5, lambda: timedelta(hours=self.random.randint(1, 96)))),
                opened,
                closed,
            ))  # fmt: skip
            for reply in range(self.random.randint(1, 4)):
                body = f"{self.pick(self.sentences)}\n\n{self.pick(('Best wishes', 'Viele Grüße'))}\n{customer}"
                messages.append((
                    len(messages) + 1,
                    i + 1,
                    customer if reply % 2 == 0 else self.name(),
                    _first(awkward.TEXTS, len(messages), body),
                    _first(awkward.BYTES, len(messages), self.maybe(0.05, lambda: self.random.randbytes(200))),
                    opened + timedelta(minutes=self.random.randint(0, 50) + 60 * reply),
                ))  # fmt: skip
        return [
            Batch(
                "support_tickets",
                ("id", "customer_id", "assignee_id", "subject", "status", "promised_within", "opened_at", "closed_at"),
                tickets,
            ),
            Batch("ticket_messages", ("id", "ticket_id", "author", "body", "attachment", "sent_at"), messages),
        ]

    def audit_log(self) -> Iterator[Row]:
        """Make what the employees did by hand."""
        for i in range(AUDITS):
            customer = self.random.randint(1, CUSTOMERS)
            phone = self.pick(self.phones)
            yield (
                i + 1,
                _first(awkward.TIMES, i, self.moment()),
                self.maybe(0.95, lambda: f"staff{self.random.randint(1, EMPLOYEES)}@shop.example"),
                _first(awkward.ADDRESSES, i, self.maybe(0.9, lambda: f"10.0.{self.random.randint(0, 9)}.7")),
                self.pick(("customer update", "customer export", "login")),
                _first(awkward.BIGINTS, i, customer),
                _first(awkward.ARRAYS, i, self.maybe(0.7, lambda: ["phone", "updated"])),
                _first(awkward.JSONS, i, json.dumps({"id": customer, "phone": self.pick(self.phones)})),
                self.maybe(0.7, lambda customer=customer, phone=phone: json.dumps({"id": customer, "phone": phone})),
            )


def _first(special: tuple[Any, ...], i: int, usual: Any) -> Any:
    """Give the special values to the first rows, and the usual one to the others."""
    return special[i] if i < len(special) else usual
