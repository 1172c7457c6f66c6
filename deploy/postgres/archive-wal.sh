#!/bin/sh
# Puts a WAL file into a directory so that it survives a loss of power; PostgreSQL's archive_command calls it:
#   archive_command = '/usr/local/bin/archive-wal "%p" "%f" /wal'
#
# It answers with 0 only when the file is there, whole and on disk. The same file again is success; another one of its
# name is an error, and nothing is overwritten. PostgreSQL tries again whatever answers with 1 to 125, and counts it in
# pg_stat_archiver; above that it would end the archiver.
# Needs nothing but a POSIX shell and the programs of busybox or coreutils.

set -u
umask 027

fail() {
  echo "archive-wal: $1" >&2
  exit 1
}

[ $# -eq 3 ] || fail "needs three arguments: the file's path (%p), its name (%f), and the directory"
path=$1
name=$2
directory=$3

case $name in
*/* | .* | '') fail "\"$name\" is no name of a WAL file" ;;
esac
[ -f "$path" ] || fail "$path is not there"
[ -d "$directory" ] || fail "$directory is not there; mount the volume"

target=$directory/$name
if [ -e "$target" ]; then
  cmp -s "$path" "$target" || fail "$target holds something else; find out which server wrote it"
  # An earlier call may have been interrupted before it was on disk.
  sync "$target" "$directory" || fail "$target cannot be brought to disk"
  exit 0
fi

# Under another name until it is whole: nobody takes it for the file before. One that an interrupted call left is replaced.
temporary=$directory/.$name.partial
trap 'rm -f "$temporary"' EXIT
cp "$path" "$temporary" || fail "$path cannot be copied to $directory; see whether there is room"
sync "$temporary" || fail "$temporary cannot be brought to disk"
mv "$temporary" "$target" || fail "$temporary cannot be renamed"
sync "$directory" || fail "$directory cannot be brought to disk"
