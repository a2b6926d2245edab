{{ unplanned_events() }}
