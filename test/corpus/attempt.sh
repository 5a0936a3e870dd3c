#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a command once and tells by its status whether the command did its job. Knows nothing of
# capscope: what it says is what capscope is held against.
# Usage: attempt.sh once|daemon RESET-LINE CHECK-LINE COMMAND...
kind=$1 reset=$2 check=$3
shift 3
sh -c "$reset" || { echo 'the reset failed'; exit 2; }
# In a session of its own: some end their whole process group.
setsid "$@" </dev/null &
CAPSCOPE_PID=$!
export CAPSCOPE_PID check
if [ "$kind" = once ]; then
  wait "$CAPSCOPE_PID" || exit
  exec sh -c "$check"
fi
timeout 5 sh -c 'until sh -c "$check"; do
  [ "$(readlink "/proc/$CAPSCOPE_PID/exe")" ] || exit 1
  sleep 0.05
done' && [ "$(readlink "/proc/$CAPSCOPE_PID/exe")" ]
status=$?
kill "$CAPSCOPE_PID" 2>/dev/null
wait
exit "$status"
