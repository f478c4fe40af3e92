"""The response body of an explanation, with an example."""

from typing import Any

from common import serializers
from common.schema_shapes import described
from tracking.explanations import words
from tracking.explanations.queries import TrackExplanation
from tracking.explanations.rules import ExplainedPeriod
from tracking.streaks.rules import Verdict

EXPLANATION_EXAMPLE = {
    "track": 34,
    "text": "The streak is 2 weeks, since 9 November. Last broken: 2 – 8 November.",
    "current_streak": 2,
    "streak_unit": "week",
    "since": "2026-11-09",
    "start": "broken",
    "starts_on": "2026-11-09",
    "count": 3,
    "next": None,
    "previous": None,
    "periods": [
        {
            "first": "2026-11-16",
            "last": "2026-11-22",
            "verdict": "kept",
            "required": 2,
            "done": 2,
            "amount": None,
            "limit": None,
            "text": "16 – 22 November: kept, 2 of 2",
            "reasons": [
                {
                    "code": "paused_days",
                    "first": "2026-11-19",
                    "last": "2026-11-21",
                    "text": "Paused: 3 of 7 days. Required: 2 instead of 3.",
                }
            ],
        },
        {
            "first": "2026-11-09",
            "last": "2026-11-15",
            "verdict": "kept",
            "required": 3,
            "done": 3,
            "amount": None,
            "limit": None,
            "text": "9 – 15 November: kept, 3 of 3",
            "reasons": [],
        },
        {
            "first": "2026-11-02",
            "last": "2026-11-08",
            "verdict": "broken",
            "required": 3,
            "done": 2,
            "amount": None,
            "limit": None,
            "text": "2 – 8 November: broken, 2 of 3",
            "reasons": [
                {
                    "code": "enough_left",
                    "first": "2026-11-04",
                    "last": "2026-11-04",
                    "text": "1 day was skipped, but enough days were left.",
                }
            ],
        },
    ],
}


class ExplanationSerializer(serializers.Serializer[TrackExplanation]):
    """Why a streak is what it is, in the active language.

    The context contains the page of `periods`, and the links to the `next` and `previous` page.
    """

    class Meta:
        swagger_schema_fields = described(
            EXPLANATION_EXAMPLE,
            verdict=list(Verdict),
            since="2026-11-01",
            amount="2.00",
            limit="3.00",
            next="https://example.org/api/tracks/34/explanation/?page=2",
            previous="https://example.org/api/tracks/34/explanation/",
        )

    def to_representation(self, instance: TrackExplanation) -> dict[str, Any]:
        explanation = instance.explanation
        return {
            "track": instance.track.pk,
            "text": words.describe_streak(explanation),
            "current_streak": explanation.current,
            "streak_unit": str(explanation.unit),
            "since": explanation.since.isoformat() if explanation.since else None,
            "start": explanation.start,
            "starts_on": explanation.starts_on.isoformat(),
            "count": len(explanation.periods),
            "next": self.context["next"],
            "previous": self.context["previous"],
            "periods": [_period(each, instance) for each in self.context["periods"]],
        }


def _period(of: ExplainedPeriod, instance: TrackExplanation) -> dict[str, Any]:
    period = of.period
    return {
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "verdict": of.judgement.verdict,
        "required": of.judgement.required,
        "done": of.judgement.done,
        "amount": None if of.amount is None else f"{of.amount:.2f}",
        "limit": None if period.limit is None else f"{period.limit:.2f}",
        "text": instance.describe_period(of),
        "reasons": [
            {
                "code": each.reason,
                "first": each.day.isoformat(),
                "last": each.last.isoformat(),
                "text": instance.describe_reason(each),
            }
            for each in of.reasons
        ],
    }
