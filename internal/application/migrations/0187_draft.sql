-- What applicants write, part by part, sealed with the secret outside the database.
CREATE TABLE draft_part (
    submission TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    part TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    box BYTEA NOT NULL,
    saved_at TIMESTAMPTZ NOT NULL,
    saved_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (submission, part)
);

-- What was sent, each version sealed to the call's key. copy is the applicants' own,
-- sealed with the secret until the deadline, and empty after it.
CREATE TABLE submission_version (
    submission TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    n BIGINT NOT NULL,
    sent_at TIMESTAMPTZ NOT NULL,
    sent_by TEXT COLLATE "C" NOT NULL,
    receipt TEXT COLLATE "C" NOT NULL,
    box BYTEA NOT NULL,
    copy BYTEA NOT NULL,
    PRIMARY KEY (submission, n)
);

-- The attachments in the file store, which lie there encrypted. kept says that a
-- version that was sent has it.
CREATE TABLE submission_file (
    stored TEXT COLLATE "C" NOT NULL,
    submission TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    kept BOOLEAN NOT NULL,
    PRIMARY KEY (stored, submission)
);

-- Invitations to write along, by the hash of their code.
CREATE TABLE coauthor_invite (
    id TEXT COLLATE "C" PRIMARY KEY,
    submission TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    expires TIMESTAMPTZ NOT NULL
);
