"""A plain DRF application of the same features, as the baseline of the measures `plain_*`.

What a competent developer writes in a few days: ModelViewSets, update_or_create for a log, Simple JWT, streaks counted
from all logs at each request. It has no pauses, no versions of a schedule, no local day that starts after midnight, no
strength, no achievements and no challenges. It is neither crippled nor tuned: logs are read as narrow rows, in one
statement for any number of habits. It is not an installed app; its tables are created in a measure's database.
"""
