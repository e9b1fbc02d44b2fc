-- Parts of the agency. Paths are lower-case ASCII from the top: "avdir/kun/fou".
CREATE TABLE unit (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    path TEXT COLLATE "C" NOT NULL UNIQUE,
    unit_type TEXT COLLATE "C" NOT NULL,
    about TEXT NOT NULL,
    aliases JSONB NOT NULL,
    valid_from TIMESTAMPTZ,
    valid_to TIMESTAMPTZ,
    capacity JSONB NOT NULL
);
CREATE INDEX unit_type ON unit (unit_type);
-- Bodies outside the agency's own line.
CREATE TABLE organisation (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    org_type TEXT COLLATE "C" NOT NULL,
    parent TEXT COLLATE "C" REFERENCES record (id),
    aliases JSONB NOT NULL,
    identifiers JSONB NOT NULL
);
-- People, inside and outside. An issuer and its subject are one person.
CREATE TABLE person (
    id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id),
    email TEXT NOT NULL,
    titles JSONB NOT NULL,
    staff BOOLEAN NOT NULL,
    organisation TEXT COLLATE "C" REFERENCES record (id),
    grants JSONB NOT NULL,
    stand_ins JSONB NOT NULL,
    issuer TEXT COLLATE "C",
    subject TEXT COLLATE "C",
    UNIQUE (issuer, subject)
);
CREATE INDEX person_email ON person (email);
