-- What passes between the agency and the applicant: letters, notes, faults, appeals.
ALTER TABLE submission ADD COLUMN dealings JSONB NOT NULL DEFAULT '{}';
