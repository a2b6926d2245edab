from __future__ import annotations

import pytest

from branches import Main, make_main


@pytest.fixture(scope="session")
def main(tmp_path_factory: pytest.TempPathFactory) -> Main:
    return make_main(tmp_path_factory.mktemp("gate"))
