-- Letters that are to be sent or were sent. A row is written in the transaction
-- of the change that the letter tells of.
CREATE TABLE mail_message (
    key TEXT COLLATE "C" PRIMARY KEY,
    to_address TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    lang TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    sent_at TIMESTAMPTZ
);
CREATE INDEX mail_message_at ON mail_message (at, key);
