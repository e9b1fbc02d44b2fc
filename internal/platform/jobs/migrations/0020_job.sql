-- Work that follows from a change and is done after it. A row is written in the
-- transaction of the change, so the work exists exactly if the change does.
CREATE TABLE job (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    unique_key TEXT COLLATE "C",
    args TEXT NOT NULL,
    run_at TIMESTAMPTZ NOT NULL,
    attempt BIGINT NOT NULL,
    max_attempts BIGINT NOT NULL,
    worker TEXT,
    lease_until TIMESTAMPTZ NOT NULL,
    last_error TEXT NOT NULL,
    done_at TIMESTAMPTZ,
    failed_at TIMESTAMPTZ,
    UNIQUE (kind, unique_key)
);
CREATE INDEX job_open ON job (run_at, id) WHERE done_at IS NULL AND failed_at IS NULL;
CREATE INDEX job_done ON job (done_at) WHERE done_at IS NOT NULL;
