-- What applicants are asked; null for a call from before, which has the standard form.
ALTER TABLE call ADD COLUMN form JSONB NOT NULL DEFAULT 'null';
