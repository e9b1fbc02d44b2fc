-- What every kind of record has in common. The kind's own columns lie in a
-- table of its module with the same id.
CREATE TABLE record (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL UNIQUE,
    title TEXT NOT NULL,
    title_sort TEXT COLLATE "C" NOT NULL,
    lang TEXT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    state_since TIMESTAMPTZ NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    alert TEXT NOT NULL,
    example BOOLEAN NOT NULL,
    source TEXT NOT NULL,
    flags TEXT NOT NULL,
    created TIMESTAMPTZ NOT NULL,
    created_by TEXT NOT NULL,
    updated TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX record_kind ON record (kind, state);
CREATE INDEX record_title ON record (kind, title_sort);
-- Who has which relation to a record: leader, case worker, owner …
CREATE TABLE record_participant (
    record_id TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    relation TEXT COLLATE "C" NOT NULL,
    person_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (record_id, relation, person_id)
);
CREATE INDEX record_participant_person ON record_participant (person_id);
-- The thread: which record leads to which.
CREATE TABLE record_link (
    from_id TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    to_id TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    rel TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (from_id, to_id, rel)
);
CREATE INDEX record_link_to ON record_link (to_id);
-- Who is expected to do what. Made anew from the lifecycle whenever the record changes.
CREATE TABLE task (
    record_id TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    name TEXT COLLATE "C" NOT NULL,
    command TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    person_id TEXT COLLATE "C" NOT NULL,
    detail TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    due TIMESTAMPTZ,
    PRIMARY KEY (record_id, name, role, unit, person_id)
);
CREATE INDEX task_person ON task (person_id);
CREATE INDEX task_role ON task (role);
-- Public numbers: B-2022-017.
CREATE TABLE number_series (
    series TEXT COLLATE "C" PRIMARY KEY,
    last BIGINT NOT NULL
);
