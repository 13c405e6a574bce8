"""The whole service as processes of one machine: broker, worker, timetable and web under one supervisor."""
