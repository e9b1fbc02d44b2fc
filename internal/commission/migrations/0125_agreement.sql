-- Framework agreements for commissions.
CREATE TABLE agreement (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    round TEXT NOT NULL,
    subject TEXT NOT NULL,
    note TEXT NOT NULL,
    valid_from TIMESTAMPTZ,
    valid_to TIMESTAMPTZ,
    option_to TIMESTAMPTZ,
    suppliers JSONB NOT NULL,
    suppliers_of_round BOOLEAN NOT NULL,
    options JSONB NOT NULL
);
