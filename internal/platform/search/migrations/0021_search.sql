-- What can be found, written in the transaction of the change. Every copy of the
-- program makes its own index from it.
CREATE TABLE search_doc (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    lang TEXT NOT NULL,
    url TEXT NOT NULL,
    facets TEXT NOT NULL,
    audience TEXT NOT NULL,
    date TIMESTAMPTZ,
    hash TEXT NOT NULL
);
-- Which documents changed, in the order of seq; one row a document, also for one
-- that is removed. The indexes follow it.
CREATE TABLE search_change (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL
);
CREATE INDEX search_change_id ON search_change (id);
