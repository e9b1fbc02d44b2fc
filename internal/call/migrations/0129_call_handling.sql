-- Who settles complaints about a call's decisions, and what applicants get to read of
-- the assessments; empty: those who did not decide, and what was
-- written for them.
ALTER TABLE call ADD COLUMN appeal_body TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE call ADD COLUMN feedback TEXT COLLATE "C" NOT NULL DEFAULT '';
