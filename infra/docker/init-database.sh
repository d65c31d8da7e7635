#!/bin/sh
# Runs once, when the database container is made: roles, their passwords, and the database's grants.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f /phony/roles.sql
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" \
  -v app="$PHONY_APP_PASSWORD" -v worker="$PHONY_WORKER_PASSWORD" -v migrator="$PHONY_MIGRATOR_PASSWORD" <<'SQL'
ALTER ROLE phony_app PASSWORD :'app';
ALTER ROLE phony_worker PASSWORD :'worker';
ALTER ROLE phony_migrator PASSWORD :'migrator';
SQL
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f /phony/database.sql
