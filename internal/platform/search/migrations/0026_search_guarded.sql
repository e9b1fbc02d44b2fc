-- Who may find a document unless they are excepted from it.
ALTER TABLE search_doc ADD COLUMN guarded TEXT NOT NULL DEFAULT '[]';
ALTER TABLE search_doc ADD COLUMN excluded TEXT NOT NULL DEFAULT '[]';
