-- Sketches and applications: two kinds of record in one table.
CREATE TABLE submission (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    call TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    sketch TEXT COLLATE "C" NOT NULL,
    applicant TEXT COLLATE "C" NOT NULL,
    coauthors JSONB NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    sent_at TIMESTAMPTZ,
    sent_by TEXT COLLATE "C" NOT NULL,
    sent BIGINT NOT NULL,
    receipt TEXT COLLATE "C" NOT NULL,
    opened_at TIMESTAMPTZ,
    content JSONB NOT NULL,
    conflicts JSONB NOT NULL,
    answer JSONB NOT NULL
);
CREATE INDEX submission_call ON submission (call);
