-- Who is logged in, and where. The key is the SHA-256 of the cookie's token, so
-- that nobody can take over a session with what lies in the database or a backup.
CREATE TABLE session (
    id TEXT COLLATE "C" PRIMARY KEY,
    person_id TEXT COLLATE "C",
    data TEXT NOT NULL,
    expires TIMESTAMPTZ NOT NULL
);
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_expires ON session (expires);
