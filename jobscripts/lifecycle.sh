# The life of a run inside a Slurm job: it begins or goes on, is told before the time is up, and the job goes back into
# the queue while there is more to do. Sourced by the job scripts; `ritz job` writes it into the scripts it makes.
#
#   ritz_live DECK LAUNCHER... RITZ
#
# The job needs   --requeue --open-mode=append --signal=B:USR1@120   (Slurm looks every half minute: not below 60).

# Open MPI notices a node that fell silent within half a minute, instead of waiting for ever.
ritz_mpirun=(mpirun --mca oob_tcp_keepalive_time 10 --mca oob_tcp_keepalive_intvl 2 --mca oob_tcp_keepalive_probes 3)

# Changes with every checkpoint and every finished point of a sweep, here and where the deck wants its results.
ritz_progress() {
  local ritz=$1 deck=$2 output folders=(.)
  while IFS= read -r output; do
    folders+=("$(dirname -- "${output//"''"/"'"}")")
  done < <("$ritz" check "$deck" 2>/dev/null | sed -n "s/^  output = '\(.*\)'\$/\1/p")
  find -H "${folders[@]}" -maxdepth 2 \( -name '*.ckpt.h5' -o -name '[0-9]*.h5' \) -printf '%p %T@ %s\n' 2>/dev/null |
    sort | cksum
}

ritz_requeue() {
  local before=$1 now=$2
  if [ "$now" = "$before" ]; then
    echo "no step was made since this job started: it is not put back into the queue"
  elif [ "${SLURM_RESTART_COUNT:-0}" -ge "${RITZ_MAX_RESTARTS:-100}" ]; then
    echo "this job was put back into the queue ${SLURM_RESTART_COUNT} times: enough"
  elif scontrol requeue "$SLURM_JOB_ID"; then
    sleep 60 # Slurm ends this script meanwhile
  fi
}

# The warning goes to this script alone; it is passed on to the launcher, which hands USR1 to every rank at once. A
# trapped signal ends `wait` early, so wait again until the launcher has gone.
ritz_live() {
  local deck=$1 before status=0 pid cancelled=
  shift
  before=$(ritz_progress "${@: -1}" "$deck")
  "$@" resume "$deck" &
  pid=$!
  trap 'kill -USR1 "$pid" 2>/dev/null' USR1
  trap 'cancelled=yes; kill -TERM "$pid" 2>/dev/null' TERM
  while :; do
    wait "$pid" && status=0 || status=$?
    kill -0 "$pid" 2>/dev/null || break
  done
  trap - USR1 TERM
  echo "ritz ended with $status"
  # 75: stopped, and can go on; 69 and 205: a rank or a node was lost.
  case $status in
    75 | 69 | 205) [ -n "$cancelled" ] || ritz_requeue "$before" "$(ritz_progress "${@: -1}" "$deck")" ;;
  esac
  return "$status"
}
