#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, below the checkout or the directory given:
#
#   secrets/       PostgreSQL's password, the credentials of the try-out's S3 server, and the public key
#                  that backups are encrypted to
#   private-key/   the private key that opens them: no container gets it. Move it to a safe place.
#
# What exists is kept: to use a password of your own, write it to secrets/postgres_password before or after.
#
#   usage: sh deploy/compose/make-secrets.sh [directory]
set -eu
umask 077

user_id='TempoNest Backups <backups@temponest.example>'
public=secrets/backup_public_keys.asc
private='private-key/backup_private_key.asc'

fail() {
  echo "$1" >&2
  exit 1
}

# Standard input becomes the file, whole or not at all.
publish() {
  cat >"$1.new"
  [ -s "$1.new" ] || fail "$1 could not be made."
  mv "$1.new" "$1"
  echo "made  $1"
}

# The first word names the file, the second says of how many letters and digits to make it.
make_random() {
  if [ -s "secrets/$1" ]; then
    echo "kept  secrets/$1"
  else
    LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c "$2" | publish "secrets/$1"
  fi
}

run_gpg() {
  gpg --homedir "$home" --batch --no-tty --quiet --pinentry-mode loopback --passphrase '' "$@"
}

make_key_pair() {
  if [ -s "$public" ]; then
    echo "kept  $public"
    return
  fi
  if [ -e "$private" ]; then
    fail "$private exists and is not overwritten, but its public key $public is missing: export that with gpg, or move the private key away to make a new pair."
  fi
  command -v gpg >/dev/null || fail 'gpg is not installed: run "apt-get install gnupg" and try again.'
  # In the system's temporary directory because the path of a socket in it must stay short.
  home=$(mktemp -d)
  # It never expires: an expired key would stop the backups. It has no passphrase: the place it is kept in must be safe.
  run_gpg --quick-generate-key "$user_id" default default never 2>"$home/log" || fail "$(cat "$home/log")"
  mkdir -p private-key
  run_gpg --armor --export-secret-keys | publish "$private"
  run_gpg --armor --export | publish "$public"
  fingerprint=$(run_gpg --with-colons --list-keys | awk -F: '$1 == "fpr" { print $10; exit }')
  echo "Backups are encrypted to $fingerprint. Nobody can read them without $private:"
  echo 'move it off this machine, to two places that you trust.'
}

remove_home() {
  if [ -n "$home" ]; then
    gpgconf --homedir "$home" --kill all || true
    rm -rf "$home"
  fi
}

home=
trap remove_home EXIT
trap 'exit 1' HUP INT TERM

cd "${1:-$(dirname "$0")/../..}"
mkdir -p secrets
make_random postgres_password 32
make_random s3_access_key_id 20
make_random s3_secret_access_key 40
make_key_pair
# Containers run as different users and see the files with the permissions they have here, so all may read the files;
# the directory keeps everybody else on this host away from them.
chmod 644 secrets/*
chmod 700 secrets
