-- What this Funn signs with, so that it knows its own texts again. One row.
CREATE TABLE signing_key (
    id BIGINT PRIMARY KEY,
    secret TEXT NOT NULL
);
-- Forms that came after the login was lost, until their senders are back.
CREATE TABLE kept_form (
    id TEXT COLLATE "C" PRIMARY KEY,
    person_id TEXT COLLATE "C" NOT NULL,
    path TEXT NOT NULL,
    data TEXT NOT NULL,
    made TIMESTAMPTZ NOT NULL
);
CREATE INDEX kept_form_person ON kept_form (person_id);
