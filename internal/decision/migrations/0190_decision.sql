-- Meetings of the committee on the cases of a call.
CREATE TABLE meeting (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    call TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    held_on TIMESTAMPTZ,
    place TEXT NOT NULL,
    present JSONB NOT NULL,
    remarks TEXT NOT NULL,
    minutes JSONB NOT NULL
);
CREATE INDEX meeting_call ON meeting (call);

-- What letters to applicants say from a day on.
CREATE TABLE letter_text (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    code TEXT COLLATE "C" NOT NULL,
    valid_from TIMESTAMPTZ,
    texts JSONB NOT NULL,
    ground TEXT NOT NULL
);
CREATE INDEX letter_text_code ON letter_text (code);
