#!/bin/sh
# Put the database's password, which is a file, into the address that the program reads; then become the program.
set -eu

if [ -r /run/kouan/db_password ]; then
    KOUAN_DATABASE_URL="postgresql+asyncpg://kouan:$(cat /run/kouan/db_password)@postgres/kouan"
    export KOUAN_DATABASE_URL
fi
exec "$@"
