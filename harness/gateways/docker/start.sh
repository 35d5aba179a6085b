#!/bin/sh
# Runs in the container in place of the image's own entry point: puts what stands in files into the environment, empties the
# files, and becomes what the image would have run. Nothing but the shell itself is needed.
#
#   start.sh NAME=FILE ... -- COMMAND ...
set -eu
while [ "$1" != "--" ]; do
  IFS= read -r value < "${1#*=}" || [ -n "$value" ]
  export "${1%%=*}=$value"
  : > "${1#*=}"
  shift
done
unset value
shift
exec "$@"
