# Shared by jobscripts/local.sh and validation/run.sh; sourced, not run. Finds what the build needs, installs what is
# missing where that is possible (Debian and its relatives, as root or with sudo), configures and builds what is not
# built. Everything is looked for by command, pkg-config or a module's environment, not by package, so that a cluster's
# own libraries serve as well.

ritz_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

ritz_say() { printf '[ritz] %s\n' "$*"; }

ritz_have() { command -v "$1" >/dev/null 2>&1; }

# Any of several pkg-config modules, also under PETSC_DIR and SLEPC_DIR.
ritz_have_module() {
  local path=${PKG_CONFIG_PATH:-} root name
  for root in "${PETSC_DIR:-}" "${SLEPC_DIR:-}"; do
    [ -n "$root" ] && path=$root/${PETSC_ARCH:-}/lib/pkgconfig:$root/lib/pkgconfig:$path
  done
  for name in "$@"; do
    PKG_CONFIG_PATH=$path pkg-config --exists "$name" 2>/dev/null && return 0
  done
  return 1
}

# The first python3 on the PATH that imports the given modules.
ritz_python_with() {
  local python
  for python in "$ritz_root/.build/python/bin/python3" $(type -ap python3); do
    [ -x "$python" ] && "$python" -c "import $1" >/dev/null 2>&1 && { echo "$python"; return 0; }
  done
  return 1
}

# Packages (Debian's names) whose content is not found.
ritz_missing_build() {
  ritz_have cc || echo gcc libc6-dev
  ritz_have cmake || echo cmake
  ritz_have ninja || echo ninja-build
  ritz_have pkg-config || echo pkg-config
  ritz_have mpicc && ritz_have mpirun || echo libopenmpi-dev openmpi-bin
  ritz_have_module 'PETSc >= 3.18' 'petsc >= 3.18' || echo libpetsc-real-dev
  ritz_have_module 'SLEPc >= 3.18' 'slepc >= 3.18' || echo libslepc-real-dev
  ritz_have h5pcc || [ -n "${HDF5_ROOT:-}" ] || ritz_have_module hdf5-openmpi hdf5-mpich || echo libhdf5-openmpi-dev
  ritz_have_module 'libcrypto >= 1.1' || echo libssl-dev
  [ -n "${MKLROOT:-}" ] || ritz_have_module scalapack-openmpi scalapack-mpich scalapack || echo libscalapack-openmpi-dev
  [ -n "${MKLROOT:-}" ] || ritz_have_module openblas flexiblas || echo libopenblas-dev
  [ -n "${MKLROOT:-}" ] || ritz_have_module lapacke flexiblas || echo liblapacke-dev
}

ritz_missing_test() {
  ritz_have gfortran || echo gfortran
  ritz_have clang-format || echo clang-format
  ritz_have pgrep || echo procps
  # A Slurm of its own on this machine, and hosts with networks of their own.
  PATH=$PATH:/usr/sbin:/sbin ritz_have slurmctld || echo slurm-wlm munge
  PATH=$PATH:/usr/sbin:/sbin ritz_have ip || echo iproute2
  ritz_python_with h5py,numpy >/dev/null || echo python3-numpy python3-h5py
  ritz_python_with f90nml >/dev/null || ritz_python_with venv,ensurepip >/dev/null || echo python3-venv
}

# ritz_install PACKAGE...: by apt-get, or say what is missing and leave the verdict to CMake.
ritz_install() {
  local run=
  if [ $# -eq 0 ]; then
    return 0
  elif ! ritz_have apt-get; then
    ritz_say "not found here, and there is no apt-get to install it (Debian's names): $*"
    return 0
  elif [ "$(id -u)" != 0 ]; then
    if ! ritz_have sudo; then
      ritz_say "not found here; ask an administrator for: apt-get install $*"
      return 0
    fi
    run=sudo
  fi
  ritz_say "installing with apt-get: $*"
  local log
  log=$(mktemp)
  if ! ritz_apt "$run" "$log" "$@"; then
    cat "$log"
    ritz_say "apt-get failed"
    return 1
  fi
  rm -f "$log"
}

# ritz_apt SUDO LOG PACKAGE...: once with the package lists there are, and once more with fresh ones.
ritz_apt() {
  local run=$1 log=$2 options=(-y -qq --no-install-recommends -o Dpkg::Use-Pty=0)
  shift 2
  if ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then
    $run env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@" >"$log" 2>&1 && return 0
    ritz_say "trying again with fresh package lists"
  fi
  $run apt-get update -qq >"$log" 2>&1 &&
    $run env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@" >"$log" 2>&1
}

# ritz_build PRESET [TARGET...]: configure once, then let Ninja do what is not done.
ritz_build() {
  local preset=$1 folder=$ritz_root/.build/$1
  shift
  if [ ! -f "$folder/build.ninja" ]; then
    ritz_say "configuring $preset in ${folder#"$PWD"/}"
    (cd "$ritz_root" && cmake --preset "$preset" --log-level=WARNING >/dev/null) || return 1
  fi
  ritz_say "building $preset in ${folder#"$PWD"/}"
  if [ -t 1 ]; then
    ninja -C "$folder" "$@"
  else
    ninja --quiet -C "$folder" "$@"
  fi
}

# One machine: root may run, more ranks than cores may run and then share them politely, one BLAS thread per rank. What
# the caller has set stays.
ritz_environment() {
  if [ "$(id -u)" = 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  fi
  export OMPI_MCA_rmaps_base_oversubscribe=${OMPI_MCA_rmaps_base_oversubscribe:-1}
  export OMPI_MCA_mpi_yield_when_idle=${OMPI_MCA_mpi_yield_when_idle:-1}
  export OMPI_MCA_hwloc_base_binding_policy=${OMPI_MCA_hwloc_base_binding_policy:-none}
  export OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1} OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
  export MKL_NUM_THREADS=${MKL_NUM_THREADS:-1}
}
