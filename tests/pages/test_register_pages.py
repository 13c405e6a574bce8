"""The register's public pages: found from every page, searched, and right about one body."""

import pytest
from flask.testing import FlaskClient

from marketplace.kit.database import Database
from marketplace.register.importing import EXAMPLE, import_register
from tests.register_files import real_folder

LIST = "/register-of-commissioners"


def test_an_empty_register_says_how_to_load_it(client: FlaskClient) -> None:
    page = client.get(LIST)
    assert page.status_code == 200
    assert "marketplace import-register DIR" in page.text
    assert client.get(f"{LIST}/07N").status_code == 404


def test_the_footer_leads_there(client: FlaskClient) -> None:
    assert f'href="{LIST}"' in client.get("/help").text


def test_search_by_name_code_kind_and_region(client: FlaskClient, database: Database) -> None:
    import_register(database, EXAMPLE)
    assert "12 groups of 2013 and 9 boards of 2022" in client.get(LIST).text
    found = client.get(LIST, query_string={"q": "  bexley "}).text
    assert "1 commissioner found" in found
    assert "226,283" in found
    assert "Bexley" in client.get(LIST, query_string={"q": "07n"}).text
    assert "9 commissioners found" in client.get(LIST, query_string={"kind": "icb"}).text
    assert "3 commissioners found" in client.get(LIST, query_string={"region": "London"}).text
    for odd in (
        {"q": "%"},
        {"q": "x" * 5000},
        {"q": "\0"},
        {"q": "<script>"},
        {"kind": "x"},
        {"region": "x"},
        {"page": "-3"},
    ):
        answer = client.get(LIST, query_string=odd)
        assert answer.status_code == 200
        assert "<script" not in answer.text
    nothing = client.get(LIST, query_string={"q": "Atlantis"}).text
    assert "No commissioner fits" in nothing
    assert 'value="Atlantis"' in nothing


def test_a_body_shows_people_allowance_councils_and_neighbours(client: FlaskClient, database: Database) -> None:
    import_register(database, EXAMPLE)
    page = client.get(f"{LIST}/02M").text
    for said in (
        "NHS Fylde and Wyre CCG",
        "150,639 registered patients",
        "Lancashire Area Team",
        "14.13%",
        "20.7 km",
        "NHS Blackpool CCG",
        "<strong>About £3,324,602 a year</strong>: 150,639 people at £22.07 a head",
        "Status: guidance",
        "no rate is known for",
    ):
        assert said in page, said
    board = client.get(f"{LIST}/QE1").text
    assert "<strong>£27,091,000 a year</strong>, as published." in board
    assert "GP practices" not in board
    for code in ("02m", "99X", "../etc", "x" * 300):
        assert client.get(f"{LIST}/{code}").status_code == 404


def test_pages_of_the_whole_register(client: FlaskClient, database: Database) -> None:
    import_register(database, real_folder())
    first = client.get(LIST).text
    assert "211 groups of 2013 and 42 boards of 2022" in first
    assert "Page 1 of 6" in first
    last = client.get(LIST, query_string={"page": "99"}).text
    assert "Page 6 of 6" in last


@pytest.mark.parametrize("code", ["00R", "02M", "05F", "07N", "QE1", "QGH", "QKK"])
def test_every_neighbour_has_a_page(client: FlaskClient, database: Database, code: str) -> None:
    import_register(database, EXAMPLE)
    page = client.get(f"{LIST}/{code}").text
    links = {part.split('"')[0] for part in page.split(f'href="{LIST}/')[1:]}
    assert all(client.get(f"{LIST}/{each}").status_code == 200 for each in links)
    assert code not in links
