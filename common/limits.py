"""Limits that several features share. A limit of one feature stands in its own rules.

Constraints, validators, serializers, help texts and GET /api/limits/ (config.limits) take their numbers from here and
there. Pure.
"""

from decimal import Decimal

MAX_NAME_LENGTH = 200  # of habits, challenges and groups, and of other texts of one line
MAX_DESCRIPTION_LENGTH = 2000

AMOUNT_DIGITS, AMOUNT_DECIMALS = 10, 2
MIN_AMOUNT = Decimal(1).scaleb(-AMOUNT_DECIMALS)
MAX_AMOUNT = Decimal(10) ** (AMOUNT_DIGITS - AMOUNT_DECIMALS) - MIN_AMOUNT

PAGE_SIZE, MAX_PAGE_SIZE = 5, 100
MAX_IDEMPOTENCY_KEY_LENGTH = 100
MAX_ID = 2**63 - 1  # of the database's integers

# Bodies of requests. The longest texts of a habit, with every character escaped, take 24 kB; a view with larger bodies
# says so with `max_body_bytes`. The larger limit is also that of Django's own forms.
MAX_BODY_BYTES = 64 * 1024
MAX_LARGE_BODY_BYTES = 2_500_000
MAX_JSON_DEPTH = 32
