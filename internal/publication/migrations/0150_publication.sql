-- A report and what has become of it. pub_year is the year it counts in.
CREATE TABLE publication (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    slug TEXT COLLATE "C" NOT NULL UNIQUE,
    project TEXT COLLATE "C" REFERENCES record (id),
    pub_type TEXT COLLATE "C" NOT NULL,
    theme TEXT COLLATE "C" NOT NULL,
    pub_year BIGINT NOT NULL,
    institutions JSONB NOT NULL,
    authors TEXT NOT NULL,
    folded TEXT NOT NULL,
    external_url TEXT NOT NULL,
    doi TEXT NOT NULL,
    isbn TEXT NOT NULL,
    embargo TIMESTAMPTZ,
    supersedes TEXT COLLATE "C" REFERENCES record (id),
    counted_in_annex BOOLEAN NOT NULL,
    content JSONB NOT NULL,
    draft JSONB NOT NULL,
    versions JSONB NOT NULL,
    owner TEXT NOT NULL,
    case_worker TEXT NOT NULL,
    leader TEXT NOT NULL,
    approved_fs JSONB NOT NULL,
    approved_fe JSONB NOT NULL,
    received_at TIMESTAMPTZ,
    metadata_at TIMESTAMPTZ,
    shown_at TIMESTAMPTZ,
    published_at TIMESTAMPTZ,
    delay_reason TEXT NOT NULL,
    proposal JSONB NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    withdrawn_reason TEXT NOT NULL,
    tombstone TEXT NOT NULL
);
CREATE INDEX publication_project ON publication (project);
CREATE INDEX publication_theme ON publication (theme);
CREATE INDEX publication_year ON publication (pub_year);
