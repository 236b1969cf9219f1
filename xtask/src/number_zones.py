"""Prints what the package `phonenumbers` knows of the time zones of numbers.

`table` prints the zones of the numbers that begin alike, `sample` numbers with the zones
that the package finds for them.
"""

import random
import sys

import phonenumbers
from phonenumbers import timezone
from phonenumbers.timezone import TIMEZONE_DATA

SAMPLE = 5_000


def table():
    prefixes = {}
    for prefix, zones in TIMEZONE_DATA.items():
        prefixes.setdefault("&".join(zones), []).append(prefix)
    for zones, alike in sorted(prefixes.items()):
        print(f"{zones}\t{' '.join(sorted(alike))}")


def candidates():
    """Example numbers of every country and kind, then numbers of every prefix, by chance."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in phonenumbers.PhoneNumberType.values():
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None:
                yield phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    chance, prefixes = random.Random(1), sorted(TIMEZONE_DATA)
    while True:
        prefix = chance.choice(prefixes)
        length = chance.randint(9, 13) - len(prefix)
        yield "+" + prefix + "".join(chance.choice("0123456789") for _ in range(length))


def sample():
    seen = {}
    for number in candidates():
        if len(seen) == SAMPLE:
            break
        try:
            parsed = phonenumbers.parse(number)
        except phonenumbers.NumberParseException:
            continue
        # A number that its own E.164 form is not read as is not kept by the server either.
        if phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) != number:
            continue
        zones = timezone.time_zones_for_number(parsed)
        # Numbers that cannot exist teach little: one in ten is enough.
        if zones == (timezone.UNKNOWN_TIMEZONE,) and len(seen) % 10:
            continue
        seen[number] = "-" if zones == (timezone.UNKNOWN_TIMEZONE,) else "&".join(zones)
    for number, zones in sorted(seen.items()):
        print(f"{number}\t{zones}")


print(f"# phonenumbers {phonenumbers.__version__}")
{"table": table, "sample": sample}[sys.argv[1]]()
