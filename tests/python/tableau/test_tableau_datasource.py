"""The XML of a data source: its text is text, and it follows Tableau's published schema."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from example_mart import HOSTILE, SALES, manifest
from logmart.settings import PROJECT
from logmart.tableau.datasource import datasource
from logmart.tableau.fields import Field, fields
from logmart.tableau.types import extract_type

SCHEMA_VARIABLE = "LOGMART_TABLEAU_SCHEMA"
# Tableau's schema knows whole workbooks and imports two namespaces that it does not publish.
VALIDATE = """
import io, sys
from lxml import etree
XS = "http://www.w3.org/2001/XMLSchema"
OPEN = {
    "http://www.tableausoftware.com/xml/user": '<xs:attributeGroup name="UserAttributes-AG">'
    '<xs:anyAttribute processContents="skip"/></xs:attributeGroup>',
    "http://www.w3.org/XML/1998/namespace": '<xs:attribute name="base" type="xs:anyURI"/>'
    '<xs:attribute name="lang" type="xs:string"/>',
}
class Stubs(etree.Resolver):
    def resolve(self, url, public_id, context):
        space = next((one for one in OPEN if url.endswith(str(list(OPEN).index(one)) + ".xsd")), "")
        text = f'<xs:schema xmlns:xs="{XS}" targetNamespace="{space}">{OPEN[space]}</xs:schema>'
        return self.resolve_string(text, context)
schema = etree.parse(sys.argv[1]).getroot()
for number, space in enumerate(OPEN):
    (found,) = [one for one in schema.findall(f"{{{XS}}}import") if one.get("namespace") == space]
    found.set("schemaLocation", f"{number}.xsd")
etree.SubElement(schema, f"{{{XS}}}element", name="datasource", type="DataSource-CT")
parser = etree.XMLParser()
parser.resolvers.add(Stubs())
schema = etree.XMLSchema(etree.parse(io.BytesIO(etree.tostring(schema)), parser))
schema.validate(etree.fromstring(sys.stdin.buffer.read()))
print(*[error.message for error in schema.error_log], sep="\\n", end="")
"""


def made(**types: str) -> tuple[Field, ...]:
    kinds = {name: extract_type(sql_type) for name, sql_type in types.items()}
    return fields(manifest(), SALES, {name: kind for name, kind in kinds.items() if kind})


def all_fields() -> tuple[Field, ...]:
    return made(
        sale_id="VARCHAR",
        line_number="INTEGER",
        is_paid="BOOLEAN",
        amount_krw="BIGINT",
        tax="DECIMAL(18,2)",
        tags="VARCHAR[]",
        sale_date="DATE",
        sold_at="TIMESTAMP",
    )


def test_a_hostile_description_and_owner_are_text() -> None:
    source = ET.fromstring(datasource("fct_sales", HOSTILE, made(amount_krw="BIGINT")))
    (run,) = source.findall("column/desc/formatted-text/run")
    assert run.text == " ".join(HOSTILE.split())
    assert source.get("caption") == f"fct_sales ({HOSTILE})"
    assert {element.tag for element in run} == set()


def test_a_character_that_xml_forbids_is_replaced() -> None:
    source = ET.fromstring(datasource("fct_sales", "a\x00b\ud800c", made(amount_krw="BIGINT")))
    assert source.get("caption") == "fct_sales (a\ufffdb\ufffdc)"


def test_the_data_source_names_the_extract_beside_it() -> None:
    source = ET.fromstring(datasource("fct_sales", "", all_fields()))
    (connection,) = source.findall("connection/named-connections/named-connection/connection")
    assert connection.get("dbname") == "fct_sales.hyper"
    (relation,) = source.findall("connection/relation")
    assert relation.get("table") == "[Extract].[fct_sales]"


def test_every_field_is_in_one_folder() -> None:
    source = ET.fromstring(datasource("fct_sales", "", all_fields()))
    columns = sorted(str(column.get("name")) for column in source.findall("column"))
    items = sorted(str(item.get("name")) for item in source.iter("folder-item"))
    assert items == columns
    assert len(columns) == len(set(columns)) == len(all_fields())


def test_the_data_source_follows_the_published_schema() -> None:
    schema = os.environ.get(SCHEMA_VARIABLE, "")
    if not Path(schema).is_file():
        pytest.skip(
            f"data sources against Tableau's schema: {SCHEMA_VARIABLE} names no twb_<version>.xsd"
            " of tableau-document-schemas"
        )
    text = datasource("fct_sales", HOSTILE, all_fields())
    assert validated(schema, text) == ""
    assert "'sum-of'" in validated(schema, text.replace('role="measure"', 'role="sum-of"'))


def validated(schema: str, text: str) -> str:
    """Return the errors of a data source."""
    done = subprocess.run(
        [PROJECT / "ingestion/.venv/bin/python", "-c", VALIDATE, schema],
        input=text.encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()
