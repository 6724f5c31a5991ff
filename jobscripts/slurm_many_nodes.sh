#!/bin/bash
# Many nodes. Edit the lines marked "edit"; then:  sbatch jobscripts/slurm_many_nodes.sh DECK
#SBATCH --job-name=ritz
#SBATCH --nodes=4                  # edit
#SBATCH --ntasks-per-node=32       # edit: physical cores of a node
#SBATCH --cpus-per-task=1
#SBATCH --hint=nomultithread
#SBATCH --exclusive
#SBATCH --time=12:00:00            # edit
#SBATCH --signal=B:USR1@120        # two minutes before the end this script is told
#SBATCH --output=%x-%j.log
##SBATCH --account=NAME            # edit, if the cluster asks for one (one # fewer)
##SBATCH --partition=NAME          # edit, likewise
set -u

# edit: the modules Ritz was built with, and the program (on a file system that all nodes see)
# module load openmpi petsc slepc hdf5 openblas
RITZ=${RITZ:-$SLURM_SUBMIT_DIR/.build/release/ritz}
DECK=${1:?usage: sbatch slurm_many_nodes.sh DECK}

export OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 OMP_NUM_THREADS=1

# edit, for a launcher other than Open MPI's:  launch=(srun --mpi=pmix)
# The keepalive settings make Open MPI notice a node that fell silent within half a minute instead of waiting for ever.
launch=(mpirun -n "$SLURM_NTASKS" --mca oob_tcp_keepalive_time 10 --mca oob_tcp_keepalive_intvl 2
        --mca oob_tcp_keepalive_probes 3)

# The warning goes to this script alone; pass it on to the launcher, which hands USR1 to every rank at once. A trapped
# signal ends `wait` early, so wait again until the launcher has gone. This version of Ritz does not stop and resume: a
# run that is told so ends there; its trace stays. Ask for enough time (`ritz check`, or a short run, tells).
"${launch[@]}" "$RITZ" run "$DECK" &
pid=$!
trap 'kill -USR1 "$pid" 2>/dev/null' USR1
trap 'kill -TERM "$pid" 2>/dev/null' TERM
while :; do
  wait "$pid"
  status=$?
  kill -0 "$pid" 2>/dev/null || break
done
echo "ritz ended with $status"
exit "$status"
