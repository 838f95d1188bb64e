-- keyward: concurrently
-- Outside a transaction: each commit covers 500 keys, so that the statement holds few row locks and a process with cached keys follows
-- the changes instead of emptying its cache. It is repeatable, because keys with a time are skipped. The semicolons are not at the ends
-- of lines, because the file is split into statements there.
-- The lifetime of an imported key counts from its import, which earlier versions recorded in the audit log alone. If the event was
-- pruned, the lifetime counts from the creation of the key.
DO $$ DECLARE imported record; updated integer := 0; BEGIN
  FOR imported IN SELECT k.id, min(e.at) AS at FROM audit_events e JOIN api_keys k ON k.id = e.api_key_id
    WHERE e.action = 'API_KEY_IMPORTED' AND k.imported_at IS NULL GROUP BY k.id ORDER BY k.id
  LOOP UPDATE api_keys SET imported_at = imported.at WHERE id = imported.id AND imported_at IS NULL; updated := updated + 1
    ; IF updated % 500 = 0 THEN COMMIT; END IF
    ; END LOOP
  ; END $$;
