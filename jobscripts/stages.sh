#!/usr/bin/env bash
# Several decks in turn, in one folder, so that each can start from the results of those before it (init_from):
#
#   bash jobscripts/stages.sh RANKS DECK...
#
# For example   bash jobscripts/stages.sh 2 inputs/long_rings/heisenberg_{40,80,200}.nml
# Installs and builds what is not there. Decks and output go to a fresh folder results/NAME-... under the current
# directory, NAME being the last deck's. Ends with the first exit status that is not 0.
set -eu
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

if [ $# -lt 2 ]; then
  echo "usage: bash jobscripts/stages.sh RANKS DECK..." >&2
  exit 64
fi
ranks=$1
shift
for deck in "$@"; do
  if [ ! -f "$deck" ]; then
    echo "no deck '$deck'" >&2
    exit 66
  fi
done

ritz_install $(ritz_missing_build)
ritz_build release ritz
ritz_environment

mkdir -p results
folder=$(mktemp -d "results/$(basename "$deck" .nml)-XXXXXX")
cp "$@" "$folder"
cd "$folder"
for deck in "$@"; do
  ritz_say "running $(basename "$deck") on $ranks ranks in $PWD"
  mpirun -n "$ranks" "$ritz_root/.build/release/ritz" run "$(basename "$deck")"
done
