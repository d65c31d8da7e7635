-- What one database needs before the migrations. Run as a superuser connected to it, after roles.sql.
-- Nothing here names the database: tests make many, and grants on a database are not copied from its template.
DO $$
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());   -- also takes away TEMP tables
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO phony_migrator, phony_app, phony_worker, phony_readonly, phony_backup',
                 current_database());
  EXECUTE format('GRANT CREATE ON DATABASE %I TO phony_owner', current_database());
END $$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE SCHEMA IF NOT EXISTS phony_migrations AUTHORIZATION phony_migrator;
