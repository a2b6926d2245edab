"""The XML of a data source (.tds). Pure functions.

Its elements and their order are those of Tableau's published schema of a workbook's data sources
(tableau-document-schemas). Version 18.1 is what every Tableau since 2018.1 writes and reads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from logmart.tableau.fields import FOLDERS, Field

VERSION = "18.1"
SCHEMA = "Extract"
_HEAD = "<?xml version='1.0' encoding='utf-8' ?>\n"
# Characters that no XML document may hold, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def datasource(mart: str, owner: str, fields: Sequence[Field]) -> str:
    """Return the .tds of a mart, whose extract `<mart>.hyper` lies beside it."""
    source = ET.Element("datasource", {"formatted-name": mart, "inline": "true"})
    source.set("caption", _clean(f"{mart} ({owner})" if owner else mart))
    source.set("version", VERSION)
    _connection(source, mart, fields)
    ET.SubElement(source, "aliases", {"enabled": "yes"})
    for field in fields:
        _column(source, field)
    folders = ET.SubElement(source, "folders-common")
    for name in FOLDERS:
        held = [field for field in fields if field.folder == name]
        if held:
            folder = ET.SubElement(folders, "folder", {"name": name})
            for field in held:
                item = {"name": bracketed(field.name), "type": "field"}
                ET.SubElement(folder, "folder-item", item)
    order = {"dim-ordering": "alphabetic", "measure-ordering": "alphabetic"}
    ET.SubElement(source, "layout", order | {"show-structure": "true"})
    ET.indent(source)
    return _HEAD + ET.tostring(source, encoding="unicode") + "\n"


def bracketed(name: str) -> str:
    """Return a name as Tableau refers to it."""
    return "[" + _clean(name).replace("]", "]]") + "]"


def _connection(source: ET.Element, mart: str, fields: Sequence[Field]) -> None:
    name = f"hyper.{mart}"
    federated = ET.SubElement(source, "connection", {"class": "federated"})
    named = ET.SubElement(
        ET.SubElement(federated, "named-connections"),
        "named-connection",
        {"caption": mart, "name": name},
    )
    ET.SubElement(
        named,
        "connection",
        {
            "authentication": "auth-none",
            "author-locale": "en_US",
            "class": "hyper",
            "dbname": f"{mart}.hyper",
            "default-settings": "yes",
            "schema": SCHEMA,
            "sslmode": "",
            "username": "tableau_internal_user",
        },
    )
    table = f"{bracketed(SCHEMA)}.{bracketed(mart)}"
    relation = {"connection": name, "name": mart, "table": table, "type": "table"}
    ET.SubElement(federated, "relation", relation)
    records = ET.SubElement(federated, "metadata-records")
    for ordinal, field in enumerate(fields, start=1):
        record = ET.SubElement(records, "metadata-record", {"class": "column"})
        for tag, text in (
            ("remote-name", _clean(field.name)),
            ("remote-type", str(field.type.remote_type)),
            ("local-name", bracketed(field.name)),
            ("parent-name", bracketed(mart)),
            ("remote-alias", _clean(field.name)),
            ("ordinal", str(ordinal)),
            ("local-type", field.type.datatype),
            ("aggregation", field.aggregation),
            ("contains-null", "true"),
        ):
            ET.SubElement(record, tag).text = text


def _column(source: ET.Element, field: Field) -> None:
    attributes = {
        "aggregation": field.aggregation,
        "caption": _clean(field.caption),
        "datatype": field.type.datatype,
        "default-format": field.default_format,
        "name": bracketed(field.name),
        "role": field.role,
        "type": field.kind,
    }
    given = {name: value for name, value in attributes.items() if value}
    column = ET.SubElement(source, "column", given)
    if field.description:
        text = ET.SubElement(ET.SubElement(column, "desc"), "formatted-text")
        ET.SubElement(text, "run").text = _clean(field.description)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
