{{ planned_record() }}
