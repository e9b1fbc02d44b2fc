-- Versions of the R&D plan. Themes and goals belong to a version.
CREATE TABLE plan (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    valid_from TIMESTAMPTZ,
    valid_to TIMESTAMPTZ,
    published_at TIMESTAMPTZ,
    note TEXT NOT NULL,
    principles JSONB NOT NULL,
    goals JSONB NOT NULL,
    themes JSONB NOT NULL,
    tags JSONB NOT NULL,
    annexes JSONB NOT NULL,
    revision JSONB NOT NULL,
    next_id TEXT COLLATE "C" REFERENCES record (id)
);
-- Programme notes, one for each theme.
CREATE TABLE programme_note (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    plan TEXT COLLATE "C" NOT NULL,
    theme TEXT COLLATE "C" NOT NULL,
    content JSONB NOT NULL,
    finished JSONB NOT NULL,
    finished_at TIMESTAMPTZ,
    planned TEXT NOT NULL,
    UNIQUE (theme)
);
