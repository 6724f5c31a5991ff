#!/bin/bash
# One job per chain length: a deck is made from a template, each in its own folder. Edit the lines marked "edit"; then
#   sbatch --array=0-4 jobscripts/slurm_array_chain_lengths.sh [TEMPLATE]
# The template is any deck with one line `length = ...` and one `output = ...`.
#SBATCH --job-name=ritz-lengths
#SBATCH --ntasks=8                 # edit: MPI ranks of each job
#SBATCH --nodes=1
#SBATCH --cpus-per-task=1
#SBATCH --hint=nomultithread
#SBATCH --time=02:00:00            # edit
#SBATCH --array=0-4                # edit: one number per length below
#SBATCH --signal=B:USR1@120
#SBATCH --output=%x-%A-%a.log
##SBATCH --account=NAME            # edit, if the cluster asks for one (one # fewer)
##SBATCH --partition=NAME          # edit, likewise
set -eu

lengths=(16 24 32 40 48)           # edit
length=${lengths[$SLURM_ARRAY_TASK_ID]}

# edit: the modules Ritz was built with, and the program
# module load openmpi petsc slepc hdf5 openblas
RITZ=${RITZ:-$SLURM_SUBMIT_DIR/.build/release/ritz}
TEMPLATE=${1:-$SLURM_SUBMIT_DIR/inputs/ground_state/tfim_chain.nml}

export OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 OMP_NUM_THREADS=1

folder=lengths-$SLURM_ARRAY_JOB_ID/$length
mkdir -p "$folder"
sed -E "s/(^|[ ,])length *= *[0-9]+/\1length = $length/I; s/(^|[ ,])output *= *'[^']*'/\1output = 'chain$length.h5'/I" \
  "$TEMPLATE" >"$folder/deck.nml"
grep -qi "length = $length" "$folder/deck.nml" || { echo "no 'length = ...' in $TEMPLATE" >&2; exit 65; }
cd "$folder"

# The warning goes to this script alone; pass it on to the launcher, which hands USR1 to every rank at once. A trapped
# signal ends `wait` early, so wait again until the launcher has gone. This version of Ritz does not stop and resume: a
# run that is told so ends there; its trace stays. Ask for enough time (`ritz check`, or a short run, tells).
mpirun -n "$SLURM_NTASKS" --mca oob_tcp_keepalive_time 10 --mca oob_tcp_keepalive_intvl 2 \
  --mca oob_tcp_keepalive_probes 3 "$RITZ" run deck.nml &
pid=$!
trap 'kill -USR1 "$pid" 2>/dev/null' USR1
trap 'kill -TERM "$pid" 2>/dev/null' TERM
status=0
while :; do
  wait "$pid" && status=0 || status=$?
  kill -0 "$pid" 2>/dev/null || break
done
echo "length $length: ritz ended with $status"
exit "$status"
