#!/bin/sh
# Makes the try-out's bucket. The credentials go in by standard input, so that no command line shows them.
set -eu
{
  cat /run/secrets/s3_access_key_id
  echo
  cat /run/secrets/s3_secret_access_key
  echo
} | mc --quiet alias set store http://s3:9000 >/dev/null
mc --quiet mb --ignore-existing store/temponest-backups
