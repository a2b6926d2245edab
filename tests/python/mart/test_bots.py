"""Who is a crawler and who a person, by the user agent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mart_runs import CHANGED_VARIABLES, NO_ARTIFACTS, PROJECT, Mart, app_event, copy_project

BASE = ("--select", "+base_app__events", "--exclude-resource-type", "test", NO_ARTIFACTS)
EXCEPTIONS = "seeds/user_agents/user_agent_exceptions.csv"
PHONE = "Mozilla/5.0 (Linux; Android {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile"
BOTS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Googlebot",
    "googlebot-image/1.0",
    "Mozilla/5.0 (compatible; AhrefsSiteAudit/6.1; +http://ahrefs.com/robot/site-audit)",
    "AhrefsSiteAudit/6.1",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 HeadlessChrome/140.0 Safari/537.36",
    "python-requests/2.32.3",
    "curl/8.14.1",
    "Wget/1.25.0",
    "okhttp-monitor/1.0",
    "Mozilla/5.0 (compatible; Yeti/1.1; +http://naver.me/spd)",
    "NobodyKnowsThisBot/0.1",
    "internal-crawler",
    "Mozilla/5.0 Safari/537.36 PTST/211202.211915",
    f"{PHONE.format('9; CUBOT NOTE 50')} (compatible; Googlebot/2.1)",
]
PEOPLE = [
    None,
    "",
    "Finapp/5.2.0 (iOS 19.1)",
    PHONE.format("9; CUBOT NOTE 50"),
    PHONE.format("14; cubot king kong"),
    PHONE.format("15; CPH2557 Build/AP3A.240617.008; wv"),
    PHONE.format("16; Pixel 10 Pro") + " MetaIAB Facebook",
    PHONE.format("13; Botanica 3"),
    "okhttp/4.12.0",
    "Dalvik/2.1.0 (Linux; U; Android 14; SM-S918N Build/UP1A.231005.007)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 KAKAOTALK 11.0.0",
]


def bots_among(mart: Mart, user_agents: list[str | None]) -> list[str | None]:
    """Land an event of each user agent, and return those that are a bot's."""
    events = [
        app_event("app_opened", {"launchSource": "icon"}, eventId=f"e{number}", userAgent=agent)
        for number, agent in enumerate(user_agents)
    ]
    mart.land("app/dt=2026-03-31/a.jsonl", list(events))
    mart.build(*BASE)
    rows = mart.query(
        "select line_number from restricted.base_app__events where is_bot order by line_number"
    )
    return [user_agents[number - 1] for (number,) in rows]


def test_crawlers_are_bots_and_people_are_not(tmp_path: Path) -> None:
    assert bots_among(Mart(tmp_path), [*BOTS, *PEOPLE]) == BOTS


def test_an_exception_is_a_row_and_the_variable_says_what_the_list_lacks(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    with (project / EXCEPTIONS).open("a", encoding="utf-8") as file:
        file.write("talbot,A browser of ours\n")
    mart = Mart(tmp_path / "mart", variables=CHANGED_VARIABLES, project=project)
    agents = ["Talbot/1.0", "Probe-7", "probing", "SomeBot"]
    assert bots_among(mart, [*agents]) == ["Probe-7", "SomeBot"]


def test_a_base_without_the_list_of_crawlers_stops_and_names_it(tmp_path: Path) -> None:
    mart = Mart(tmp_path)
    mart.land("app/dt=2026-03-31/a.jsonl", [app_event("app_opened", {})])
    told = mart.failures("run", "--select", "base_app__files", "base_app__events", NO_ARTIFACTS)
    assert "the seed crawler_user_agents is not built" in told


@pytest.mark.parametrize("seed", ["crawler_user_agents", "user_agent_exceptions"])
def test_a_pattern_is_one_that_every_engine_reads(seed: str) -> None:
    """No look-around and no back-reference, which RE2 lacks; nothing to capture hangs on."""
    lines = (PROJECT / f"seeds/user_agents/{seed}.csv").read_text(encoding="utf-8").splitlines()
    assert lines
    assert [line for line in lines if re.search(r"\(\?[=!<]|\\[1-9]", line)] == []
