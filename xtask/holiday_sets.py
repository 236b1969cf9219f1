"""Prints the public holidays of every country and subdivision that the package `holidays` knows, for
this year and the five after it, as crates/api/src/holiday_sets.rs reads them.

A line is a country, or one of its subdivisions, which follow it: code, name, dates that the country has and
the subdivision has not, and holidays: a name, "=" and dates. A date is the number of days since the first of
January of the first year.
"""

import datetime
import re

import holidays
from holidays.registry import COUNTRIES

YEARS = 6
first = datetime.date.today().year
start = datetime.date(first, 1, 1)


def text(value: str) -> str:
    return re.sub(r"[\s=]+", " ", value).strip()[:100]


def public(country: type, subdivision: str | None) -> dict[int, str]:
    language = country.default_language
    found = country(subdiv=subdivision, years=range(first, first + YEARS), language=language)
    return {(date - start).days: text(name) for date, name in found.items() if 0 <= (date - start).days}


def in_words(name: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"\b(And|Of|The|Da)\b", lambda word: word[0].lower(), words)


def dates(numbers) -> str:
    return ",".join(str(number) for number in sorted(numbers))


def line(code: str, name: str, without: set[int], added: dict[int, str]) -> str:
    by_name: dict[str, list[int]] = {}
    for day, label in sorted(added.items()):
        by_name.setdefault(label, []).append(day)
    parts = [f"{label}={dates(days)}" for label, days in by_name.items()]
    return "\t".join([code, text(name), dates(without), *parts])


print(f"# The package holidays {holidays.__version__} (MIT), {first} to {first + YEARS - 1}; `cargo xtask codegen`")
for names in sorted(COUNTRIES.values(), key=lambda names: names[1]):
    country, code = getattr(holidays, names[0]), names[1]
    own = public(country, None)
    name = in_words(names[0])
    print(line(code, name, set(), own))
    aliases = {code: alias for alias, code in reversed(country.subdivisions_aliases.items())}
    for subdivision in country.subdivisions:
        all_of_it = public(country, subdivision)
        added = {day: label for day, label in all_of_it.items() if own.get(day) != label}
        place = aliases.get(subdivision, subdivision)
        print(line(f"{code}-{subdivision}", f"{name}, {place}", set(own) - set(all_of_it), added))
