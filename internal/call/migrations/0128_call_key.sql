-- A call's key, when it was shut for each stage, and who opened what was sent.
ALTER TABLE call ADD COLUMN call_key JSONB NOT NULL DEFAULT 'null';
ALTER TABLE call ADD COLUMN shut JSONB NOT NULL DEFAULT 'null';
ALTER TABLE call ADD COLUMN openings JSONB NOT NULL DEFAULT 'null';
ALTER TABLE call ADD COLUMN applications_clock TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Parts of keys on their way to a holder, or from one, sealed with the secret that
-- lies outside the database.
CREATE TABLE call_part (
    call TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    person TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    box BYTEA NOT NULL,
    PRIMARY KEY (call, person, purpose)
);
-- How far the opening of a stage has come. It is real time that is kept: a program
-- that died gives no more signs of life.
CREATE TABLE call_opening (
    call TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    stage TEXT COLLATE "C" NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    alive TIMESTAMPTZ,
    PRIMARY KEY (call, stage)
);
