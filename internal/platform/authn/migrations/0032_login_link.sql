-- One-time links by e-mail. The key is the SHA-256 of the link's code, so that this
-- table lets nobody in. The letter holds the code until it is sent.
CREATE TABLE login_link (
    id TEXT COLLATE "C" PRIMARY KEY,
    person_id TEXT COLLATE "C" NOT NULL,
    return_to TEXT NOT NULL,
    expires TIMESTAMPTZ NOT NULL
);
CREATE INDEX login_link_person ON login_link (person_id);
CREATE INDEX login_link_expires ON login_link (expires);
