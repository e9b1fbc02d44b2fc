-- Open calls for research grants, as records that the thread links to. A count
-- of -1 is one that nobody has told.
CREATE TABLE call (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    theme TEXT COLLATE "C" NOT NULL,
    plan_year BIGINT NOT NULL,
    note TEXT NOT NULL,
    opened JSONB NOT NULL,
    deadline JSONB NOT NULL,
    frame_ore BIGINT NOT NULL,
    awarded_ore BIGINT NOT NULL,
    awarded_note TEXT NOT NULL,
    sketches BIGINT NOT NULL,
    invited BIGINT NOT NULL,
    applications BIGINT NOT NULL,
    awards BIGINT NOT NULL
);
