select cast(range as date) as date_day
from range(date '2026-03-01', date '2026-03-04', interval 1 day)
