#!/bin/bash
# Ranks with threads, for what does not fit the memory of a node with one rank per core. Edit the lines marked "edit";
# then:  sbatch jobscripts/slurm_hybrid.sh DECK        The deck says the same number of threads: &run threads = 8 /
#SBATCH --job-name=ritz
#SBATCH --nodes=2                  # edit
#SBATCH --ntasks-per-node=4        # edit: ranks of a node; ranks times threads = its physical cores
#SBATCH --cpus-per-task=8          # edit: threads of a rank; best the cores that share a last-level cache
#SBATCH --hint=nomultithread
#SBATCH --exclusive
#SBATCH --time=12:00:00            # edit
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120        # two minutes before the end: the run stops, and the job goes back into the queue
#SBATCH --output=%x-%j.log
##SBATCH --account=NAME            # edit, if the cluster asks for one (one # fewer)
##SBATCH --partition=NAME          # edit, likewise
set -u

# edit: the modules Ritz was built with, and the program (on a file system that all nodes see)
# module load openmpi petsc slepc hdf5 openblas
RITZ=${RITZ:-$SLURM_SUBMIT_DIR/.build/release/ritz}
DECK=${1:?usage: sbatch slurm_hybrid.sh DECK}
threads=$SLURM_CPUS_PER_TASK

# The deck's `threads` counts; OMP_NUM_THREADS is for whatever else reads it. A thread stays on its core.
export OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 OMP_NUM_THREADS=$threads OMP_PLACES=cores OMP_PROC_BIND=close

source "${RITZ_JOBSCRIPTS:-$SLURM_SUBMIT_DIR/jobscripts}/lifecycle.sh"
# Open MPI would bind each rank to one core: PE gives it as many as it has threads.
# edit, for a launcher other than Open MPI's:  launch=(srun --mpi=pmix --cpus-per-task="$threads" --cpu-bind=cores)
launch=("${ritz_mpirun[@]}" -n "$SLURM_NTASKS" --map-by "slot:PE=$threads" --bind-to core)
ritz_live "$DECK" "${launch[@]}" "$RITZ"
