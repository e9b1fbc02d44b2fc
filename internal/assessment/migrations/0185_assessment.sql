-- What one person thinks of one sketch or application, and what the R&D section and
-- the subject owner came to together.
CREATE TABLE assessment (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    submission TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    submission_kind TEXT NOT NULL,
    call TEXT COLLATE "C" NOT NULL,
    assessor TEXT COLLATE "C" NOT NULL,
    sort TEXT NOT NULL,
    criteria JSONB NOT NULL,
    due TIMESTAMPTZ,
    scores JSONB NOT NULL,
    notes TEXT NOT NULL,
    summary TEXT NOT NULL,
    advice TEXT NOT NULL,
    ground TEXT NOT NULL,
    delivered_at TIMESTAMPTZ,
    late BOOLEAN NOT NULL,
    after_answer BOOLEAN NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    kept_out JSONB NOT NULL,
    peers JSONB NOT NULL,
    over BOOLEAN NOT NULL
);
CREATE INDEX assessment_submission ON assessment (submission);
CREATE INDEX assessment_call ON assessment (call);
CREATE TABLE consensus (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    submission TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES record (id),
    submission_kind TEXT NOT NULL,
    call TEXT COLLATE "C" NOT NULL,
    scores JSONB NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    kept_out JSONB NOT NULL
);
