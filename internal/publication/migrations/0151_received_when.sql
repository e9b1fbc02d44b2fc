-- When a report was received, in the source's words where it gives no day.
ALTER TABLE publication ADD COLUMN received_when TEXT NOT NULL DEFAULT '';
