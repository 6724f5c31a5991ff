#!/usr/bin/env bash
# Build everything and run the tests:
#
#   bash validation/run.sh [--long | --soak] [--preset release|debug|hostile|coverage] [ctest arguments]
#
# Installs what is missing, builds what is not built, and ends with ctest's summary. --long adds the tests that take
# minutes; --soak runs, alone, those that have a full count which takes longer still (kills, damage, hostile inputs). Examples: run.sh -L unit; run.sh -R store; run.sh --preset hostile -L 'unit|conform'.
set -eu
source "$(dirname "${BASH_SOURCE[0]}")/../jobscripts/setup.sh"

preset=release
long=()
while [ $# -gt 0 ]; do
  case $1 in
  --long) long=(-C Long) ;;
  --soak) long=(-C Soak -L soak) ;;
  --preset)
    preset=$2
    shift
    ;;
  *) break ;;
  esac
  shift
done

ritz_install $(ritz_missing_build) $(ritz_missing_test)
if ! ritz_python_with h5py,numpy,f90nml >/dev/null; then
  base=$(ritz_python_with h5py,numpy,venv,ensurepip || ritz_python_with venv,ensurepip || true)
  if [ -n "$base" ]; then
    ritz_say "installing f90nml for tests in .build/python"
    "$base" -m venv --system-site-packages "$ritz_root/.build/python" &&
      "$ritz_root/.build/python/bin/python3" -m pip install -q --retries 1 --disable-pip-version-check f90nml 2>/dev/null ||
      ritz_say "f90nml could not be installed: its test will be reported as skipped"
  fi
fi
python=$(ritz_python_with h5py,numpy,f90nml || ritz_python_with h5py,numpy || true)
if [ -n "$python" ] && ! grep -qs "^RITZ_PYTHON:.*=$python\$" "$ritz_root/.build/$preset/CMakeCache.txt"; then
  ritz_say "configuring $preset with $python for tests"
  (cd "$ritz_root" && cmake --preset "$preset" -DRITZ_PYTHON="$python" --log-level=WARNING >/dev/null)
fi
ritz_build "$preset"
ritz_environment
exec ctest --test-dir "$ritz_root/.build/$preset" --output-on-failure -j "${RITZ_TEST_JOBS:-$(nproc)}" "${long[@]}" "$@"
