#!/usr/bin/env bash
# From a bare machine to a result:
#
#   bash jobscripts/local.sh [DECK] [RANKS]
#
# Installs and builds what is not there, then runs DECK (default: the critical Ising ring of 40 sites) on RANKS MPI ranks
# (default 2, or 1 on one core). Output goes to a fresh folder results/NAME-1, -2, ... under the current directory.
# The exit status is the program's.
set -eu
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

deck=${1:-$ritz_root/inputs/ground_state/tfim_chain.nml}
cores=$(nproc)
ranks=${2:-$((cores < 2 ? cores : 2))}
if [ ! -f "$deck" ]; then
  echo "no deck '$deck'" >&2
  exit 66
fi
deck=$(cd "$(dirname "$deck")" && pwd)/$(basename "$deck")

ritz_install $(ritz_missing_build)
ritz_build release ritz
ritz_environment

name=$(basename "$deck" .nml)
number=1
mkdir -p results
until mkdir "results/$name-$number" 2>/dev/null; do
  if [ ! -d "results/$name-$number" ]; then
    echo "cannot create '$PWD/results/$name-$number'" >&2
    exit 73
  fi
  number=$((number + 1))
done
cd "results/$name-$number"
ritz_say "running $name on $ranks ranks in $PWD"
status=0
mpirun -n "$ranks" "$ritz_root/.build/release/ritz" run "$deck" || status=$?
if rmdir "$PWD" 2>/dev/null; then
  ritz_say "exit status $status; nothing was written"
else
  ritz_say "exit status $status; output in $PWD"
fi
exit $status
