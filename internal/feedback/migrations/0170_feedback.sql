-- What people who use the pages tell of faults and shortcomings.
CREATE TABLE feedback (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    about TEXT COLLATE "C" NOT NULL,
    page TEXT NOT NULL,
    body TEXT NOT NULL,
    email TEXT NOT NULL,
    case_worker TEXT COLLATE "C" NOT NULL,
    answer TEXT NOT NULL,
    answered_at TIMESTAMPTZ
);
