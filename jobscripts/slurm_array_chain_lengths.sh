#!/bin/bash
# The points of a sweep as a job array, such as Ising rings of several lengths. Edit the lines marked "edit"; then
#   ritz sweep inputs/sweep/tfim_lengths.nml      writes tfim_lengths.sweep/0001.nml ... and prints the sbatch lines:
#   sbatch --array=1,4,7 jobscripts/slurm_array_chain_lengths.sh tfim_lengths.sweep
# and, when the jobs are over, the same `ritz sweep` collects their results in tfim_lengths.sweep.csv and .h5.
#SBATCH --job-name=ritz-lengths
#SBATCH --ntasks=8                 # edit: MPI ranks of each job
#SBATCH --nodes=1
#SBATCH --cpus-per-task=1
#SBATCH --hint=nomultithread
#SBATCH --time=02:00:00            # edit
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120        # two minutes before the end: the run stops, and the job goes back into the queue
#SBATCH --output=%x-%A-%a.log
##SBATCH --account=NAME            # edit, if the cluster asks for one (one # fewer)
##SBATCH --partition=NAME          # edit, likewise
set -eu

# edit: the modules Ritz was built with, and the program
# module load openmpi petsc slepc hdf5 openblas
RITZ=${RITZ:-$SLURM_SUBMIT_DIR/.build/release/ritz}
FOLDER=${1:?usage: sbatch --array=POINTS slurm_array_chain_lengths.sh NAME.sweep}
point=$FOLDER/$(printf %04d "$SLURM_ARRAY_TASK_ID")

export OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 OMP_NUM_THREADS=1

# What a failed attempt has left would be in the way.
if [ -f "$point.failed" ]; then
  rm -f "$point.failed" "$point.h5" "$point.jsonl" "$point".ckpt*.h5
fi

source "${RITZ_JOBSCRIPTS:-$SLURM_SUBMIT_DIR/jobscripts}/lifecycle.sh"
ritz_live "$point.nml" "${ritz_mpirun[@]}" -n "$SLURM_NTASKS" "$RITZ" && status=0 || status=$?
# The program's own verdict on the point. All else is not its fault, and its checkpoint must stay: it was stopped (75),
# another run has it (77), the disk is full (74), a rank or a node is gone, the job was cancelled.
case $status in
  6[4-8] | 7[0-3] | 76)
    echo "ritz ended with $status: see $SLURM_JOB_NAME-$SLURM_ARRAY_JOB_ID-$SLURM_ARRAY_TASK_ID.log" >"$point.failed"
    ;;
esac
echo "point $point: ritz ended with $status"
exit "$status"
