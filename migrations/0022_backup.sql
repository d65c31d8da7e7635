-- Whoever makes backups reads all there is, also which migrations have run: a dump that lacks it cannot be restored.
DO $$ BEGIN
  IF (SELECT nspowner = 'phony_owner'::regrole FROM pg_namespace WHERE nspname = 'phony_migrations') THEN
    SET LOCAL ROLE phony_owner;
  END IF;
  GRANT USAGE ON SCHEMA phony_migrations TO phony_backup;
END $$;
RESET ROLE;
GRANT SELECT ON phony_migrations.applied TO phony_backup;
