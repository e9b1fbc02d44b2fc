-- The language of the summary where it is not that of the title: what a source calls
-- by an English name may be told of in Norwegian. Empty is the title's.
ALTER TABLE project ADD COLUMN summary_lang TEXT NOT NULL DEFAULT '';
