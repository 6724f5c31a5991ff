#!/usr/bin/env bash
# Measure how fast the program is, and how near to what the machine allows:
#
#   bash validation/bench/run.sh AREA...     (`list` says which there are; `all` is all but netket, pytorch and accuracy)
#
# Builds what an area needs, in .build/release as validation/run.sh does (RITZ_BENCH_BUILD names another folder), pins
# programs of one process to one core, and prints a header and a table per area. For a machine with nothing else to do:
# the least of several times is what the code can do, the median beside it says how quiet the machine was. The tables are
# explained in docs/performance.md.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../jobscripts/setup.sh"

folder=${RITZ_BENCH_BUILD:-$ritz_root/.build/release}
cores=$(env -u OMP_NUM_THREADS nproc) # which it would count instead

declare -A about=(
  [limits]="products, factorisations, copies and messages: what the machine can do"
  [sampling]="Metropolis proposals, and the same by full forward passes"
  [local_energy]="local energies, and the same by full forward passes"
  [sr_step]="a step of stochastic reconfiguration by solver and phase; the kernel against dense rows"
  [step]="whole optimisation steps, as the program takes them"
  [reproducible]="what the same bits on any number of ranks cost a step"
  [observables]="observables in a frozen evaluation"
  [ed]="exact diagonalisation: products, memory, the lowest level"
  [scaling]="the same work on more ranks, and a model of a step on up to 1,024"
  [startup]="from the shell to the first step"
  [netket]="steps and time to an accuracy against NetKet from PyPI (installed when asked for)"
  [pytorch]="Hamiltonian networks by PyTorch: seconds and losses of three published benchmarks"
  [accuracy]="what the shipped decks reach, over seeds; minutes to hours"
)
order=(limits sampling local_energy sr_step step reproducible observables ed scaling startup netket pytorch accuracy)

need() { # TARGET...
  if [ "$folder" = "$ritz_root/.build/release" ]; then
    ritz_build release "$@" >&2
  else
    ninja -C "$folder" --quiet "$@" >&2
  fi
}

program() { echo "$folder/validation/bench_$1"; }

alone() { taskset -c $((cores - 1)) "$@"; }

# RANKS COMMAND...: one rank per core.
together() {
  local ranks=$1
  shift
  OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader OMPI_MCA_hwloc_base_binding_policy=core OMPI_MCA_mpi_yield_when_idle=0 \
    OMPI_MCA_rmaps_base_oversubscribe=0 mpirun -n "$ranks" "$@"
}

header() {
  local commit changed= processor
  commit=$(git -C "$ritz_root" rev-parse --short HEAD 2>/dev/null || echo unknown)
  [ -z "$(git -C "$ritz_root" status --porcelain 2>/dev/null)" ] || changed=" with changes"
  echo "ritz $commit$changed, $(date -u '+%Y-%m-%d %H:%M UTC')"
  processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
  echo "$(uname -sr), $processor, $cores cores, load $(cut -d' ' -f1-3 /proc/loadavg)"
  echo "$(cc --version | head -1); $(mpirun --version | head -1)"
  "$folder/ritz" --version 2>/dev/null | head -12 || true
}

area() {
  echo
  echo "== $1: ${about[$1]}"
  local begin=$SECONDS python
  case $1 in
  limits)
    need bench_limits
    alone "$(program limits)"
    [ "$cores" -lt 2 ] || together 2 "$(program limits)"
    ;;
  sampling | local_energy | observables)
    need "bench_$1"
    alone "$(program "$1")"
    ;;
  sr_step)
    need bench_sr_step
    alone "$(program sr_step)"
    ;;
  step)
    need ritz
    python3 "$here/steps.py" "$folder/ritz" "$folder/bench"
    ;;
  reproducible)
    need ritz
    python3 "$here/reproducible.py" "$folder/ritz" "$folder/bench"
    ;;
  ed)
    need bench_ed_product bench_ed_symmetric
    alone "$(program ed_product)" heisenberg 24 auto
    alone "$(program ed_product)" tfim 22
    alone "$(program ed_product)" j1j2 24
    alone "$(program ed_symmetric)"
    ;;
  scaling)
    need bench_scaling bench_ed_product
    python3 "$here/scaling.py" "$folder/validation" "$cores"
    ;;
  startup)
    need ritz bench_startup
    python3 "$here/startup.py" "$folder/ritz" "$(program startup)" "$folder/bench"
    ;;
  netket)
    need ritz
    python3 "$here/against_netket.py" "$folder/ritz" "$folder/bench"
    ;;
  pytorch)
    python=$(ritz_python_with numpy,scipy,h5py) || { echo "no Python with numpy, scipy and h5py: left out"; return 0; }
    "$python" -B "$here/hnn_data.py" "$folder/bench"
    alone "$python" -B "$here/hnn_torch.py" "$folder/bench"
    ;;
  accuracy)
    need ritz
    python=$(ritz_python_with h5py,numpy) || { echo "no Python with h5py and numpy: left out"; return 0; }
    "$python" "$here/ground_states.py" "$folder/ritz" "$ritz_root" --jobs 1 --output "$folder/bench/ground_states.csv"
    ;;
  esac
  echo "   ($((SECONDS - begin)) s)"
}

[ $# -gt 0 ] || set -- list
if [ "$1" = list ]; then
  for name in "${order[@]}"; do printf '%-14s %s\n' "$name" "${about[$name]}"; done
  exit 0
fi
wanted=()
for name in "$@"; do
  if [ "$name" = all ]; then
    wanted+=(limits sampling local_energy sr_step step observables ed scaling startup)
  elif [ -n "${about[$name]:-}" ]; then
    wanted+=("$name")
  else
    echo "no area '$name'; there are: ${order[*]} all" >&2
    exit 2
  fi
done
ritz_environment
mkdir -p "$folder/bench"
need ritz
# OpenBLAS 0.3.21 runs its oldest kernels on a processor that it does not know.
if grep -qs avx512dq /proc/cpuinfo; then export OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-SkylakeX}; fi
header
for name in "${wanted[@]}"; do area "$name"; done
