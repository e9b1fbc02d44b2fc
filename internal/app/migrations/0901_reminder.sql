-- The letters that were written of tasks, so that each is written once. One is of a
-- task and its deadline; it goes when the task does.
CREATE TABLE reminder (
    record_id TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    task TEXT COLLATE "C" NOT NULL,
    person_id TEXT COLLATE "C" NOT NULL,
    due TIMESTAMPTZ NOT NULL,
    overdue BOOLEAN NOT NULL,
    PRIMARY KEY (record_id, task, person_id, due, overdue)
);
