-- The append-only log. Each record's events are a chain: hash covers the event
-- and the hash of the record's event before it.
CREATE TABLE event (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_id TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    command TEXT COLLATE "C" NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    reason TEXT NOT NULL,
    data TEXT NOT NULL,
    content TEXT NOT NULL,
    request TEXT,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL,
    UNIQUE (record_id, n),
    UNIQUE (request)
);
CREATE INDEX event_at ON event (at);
CREATE INDEX event_kind ON event (kind, command, at);
-- A digest seals the ends of all chains that have grown since the digest before
-- it, and is also written outside the database.
CREATE TABLE digest (
    n BIGINT PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    heads BIGINT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE TABLE digest_head (
    digest_n BIGINT NOT NULL REFERENCES digest (n),
    record_id TEXT COLLATE "C" NOT NULL,
    event_n BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (digest_n, record_id)
);
