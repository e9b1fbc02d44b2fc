-- Files that came with a form. One that no event has come to name is removed
-- from the store again; files that are not listed here are left alone.
CREATE TABLE upload (
    sha TEXT COLLATE "C" PRIMARY KEY,
    last TIMESTAMPTZ NOT NULL
);
