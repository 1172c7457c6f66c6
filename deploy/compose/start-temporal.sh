#!/bin/sh
# The image of Temporal's server takes PostgreSQL's password from its environment and from nowhere else. Set here, it
# is in no compose file and in no `docker inspect`.
set -eu
POSTGRES_PWD=$(cat /run/secrets/postgres_password)
export POSTGRES_PWD
exec /etc/temporal/entrypoint.sh autosetup
