#!/bin/bash
# Many nodes. Edit the lines marked "edit"; then:  sbatch jobscripts/slurm_many_nodes.sh DECK
#SBATCH --job-name=ritz
#SBATCH --nodes=4                  # edit
#SBATCH --ntasks-per-node=32       # edit: physical cores of a node
#SBATCH --cpus-per-task=1
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
DECK=${1:?usage: sbatch slurm_many_nodes.sh DECK}

export OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 OMP_NUM_THREADS=1
source "${RITZ_JOBSCRIPTS:-$SLURM_SUBMIT_DIR/jobscripts}/lifecycle.sh"
# edit, for a launcher other than Open MPI's:  launch=(srun --mpi=pmix)
launch=("${ritz_mpirun[@]}" -n "$SLURM_NTASKS")
ritz_live "$DECK" "${launch[@]}" "$RITZ"
