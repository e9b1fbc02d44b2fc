-- What the program itself remembers, such as where the demo's clock stands.
CREATE TABLE setting (
    name TEXT COLLATE "C" PRIMARY KEY,
    value TEXT NOT NULL
);
