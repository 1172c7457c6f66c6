#!/bin/bash
# TempoNest's own way of making backups (its docs/DATABASE_BACKUP_STRATEGY.md, sections "Daily Full Backups" and
# "Encryption at Rest"), made to run unattended: one database after another, each dumped in the custom format, which is
# compressed already, then gzipped, then encrypted as gpg does by default. PostgreSQL's address and GNUPGHOME come from
# the environment. Copying to the store is the caller's.
#
#   temponest-script.sh <directory> <recipient> <database>...
set -e

directory=$1
recipient=$2
shift 2

for database in "$@"; do
  file=$directory/$database.dump
  pg_dump --dbname="$database" --format=custom --file="$file"
  gzip "$file"
  gpg --batch --quiet --trust-model always --encrypt --recipient "$recipient" "$file.gz"
  rm "$file.gz"
done
