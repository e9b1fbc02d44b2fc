-- The assessment of a finished study and what becomes of it.
CREATE TABLE uptake (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    project TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES record (id),
    publication TEXT COLLATE "C" REFERENCES record (id),
    theme TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    case_worker TEXT NOT NULL,
    findings JSONB NOT NULL,
    recommendations JSONB NOT NULL,
    audiences JSONB NOT NULL,
    actions JSONB NOT NULL,
    due TIMESTAMPTZ,
    outcome TEXT COLLATE "C" NOT NULL,
    outcome_reason TEXT NOT NULL,
    decided_at TIMESTAMPTZ,
    decided_by TEXT NOT NULL,
    planned_at TIMESTAMPTZ,
    planned_by TEXT NOT NULL,
    check_date TIMESTAMPTZ,
    result TEXT NOT NULL,
    next_due TIMESTAMPTZ
);
CREATE INDEX uptake_owner ON uptake (owner);
CREATE INDEX uptake_next_due ON uptake (next_due);
