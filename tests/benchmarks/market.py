"""A large made-up market, written by Core: published needs of many buyers, for the public pages."""

import random
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from marketplace import policy
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.ids import new_id
from marketplace.migrations import migrate
from marketplace.needs import method, search
from marketplace.needs.models import Need, NeedFunction, NeedLot
from marketplace.needs.states import Stage
from tests.factories import make_organisation

BUYERS = 211


def fill(folder: Path, needs: int) -> tuple[Database, str]:
    """A migrated SQLite database with so many published needs; returns it and the id of one open need."""
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'marketplace.sqlite'}"
    migrate(url)
    database = Database(url)
    chance = random.Random(11)
    codes = [each.code for each in policy.functions()]
    with unit_of_work(database) as work:
        now = work.now()
        buyers = [make_organisation(work, name=f"NHS Example {number} CCG") for number in range(BUYERS)]
        rows, lots, functions, texts = [], [], [], []
        for number in range(needs):
            buyer, code, key = chance.choice(buyers), chance.choice(codes), new_id()
            opened = chance.random() < 0.2
            closes = now + timedelta(days=chance.uniform(1, 40) if opened else -chance.uniform(1, 900))
            title = f"{policy.function(code).name} support, need number {number}"
            rules = method.build(
                title=title,
                population=150_000,
                term_years=3,
                lots=[method.Lot(1, (code,), 60_000_000)],
                judging=method.default_judging(),
            )
            past = None if opened else closes
            rows.append(
                Need(
                    id=key,
                    organisation_id=buyer.id,
                    title=title,
                    stage=Stage.OPEN if opened else Stage.SCORED,
                    term_years=3,
                    closes_at=closes,
                    buyer_name=buyer.name,
                    region="London",
                    population=150_000,
                    allowance_pence=375_000_000,
                    total_ceiling_pence=60_000_000,
                    functions=f" {code} ",
                    search_text=title.lower(),
                    method=rules,
                    method_hash=method.method_hash(rules),
                    created_by="bench",
                    created_at=closes - timedelta(days=30),
                    changed_at=now,
                    published_at=closes - timedelta(days=20),
                    published_by="bench",
                    closed_at=past,
                    opened_at=past,
                    scored_at=past,
                    next_due=closes if opened else None,
                ).model_dump()
            )
            lots.append({"id": new_id(), "need_id": key, "number": 1, "ceiling_pence": 60_000_000, "floor_pence": None})
            functions.append(
                {"need_id": key, "function": code, "lot": 1, "details": {"volumes": "95 people", "staff": 1}}
            )
            texts.append((key, title.lower()))
        connection = work.session.connection()
        for table, values in ((Need, rows), (NeedLot, lots), (NeedFunction, functions)):
            connection.execute(sa.insert(table), values)
        for key, text in texts:
            search.put(work.session, key, text)
        open_id = next(each["id"] for each in rows if each["stage"] is Stage.OPEN)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    return database, open_id
