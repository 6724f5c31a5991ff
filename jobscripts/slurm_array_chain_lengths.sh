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
#SBATCH --signal=B:USR1@120
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
  rm -f "$point.failed" "$point.h5" "$point.jsonl"
fi

# The warning goes to this script alone; pass it on to the launcher, which hands USR1 to every rank at once. A trapped
# signal ends `wait` early, so wait again until the launcher has gone. This version of Ritz does not stop and resume: a
# run that is told so ends there; its trace stays. Ask for enough time (`ritz check`, or a short run, tells).
mpirun -n "$SLURM_NTASKS" --mca oob_tcp_keepalive_time 10 --mca oob_tcp_keepalive_intvl 2 \
  --mca oob_tcp_keepalive_probes 3 "$RITZ" run "$point.nml" &
pid=$!
trap 'kill -USR1 "$pid" 2>/dev/null' USR1
trap 'kill -TERM "$pid" 2>/dev/null' TERM
status=0
while :; do
  wait "$pid" && status=0 || status=$?
  kill -0 "$pid" 2>/dev/null || break
done
if [ "$status" != 0 ] && [ "$status" != 75 ]; then
  echo "ritz ended with $status: see $SLURM_JOB_NAME-$SLURM_ARRAY_JOB_ID-$SLURM_ARRAY_TASK_ID.log" >"$point.failed"
fi
echo "point $point: ritz ended with $status"
exit "$status"
