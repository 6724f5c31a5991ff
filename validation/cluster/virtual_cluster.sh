#!/bin/bash
# virtual_cluster.sh - a throw-away Slurm cluster on one machine, for tests.
#
#   virtual_cluster.sh start [-m plain|netns] [-n NODES] [-c CPUS] [-S] DIR
#   virtual_cluster.sh stop  DIR             end what start began (by pid), keep logs
#   virtual_cluster.sh run   DIR HOST CMD..  run CMD on HOST (head, n1, n2, ...)
#   virtual_cluster.sh cut   DIR HOST        take HOST's network link down (netns)
#   virtual_cluster.sh mend  DIR HOST        bring it up again              (netns)
#   virtual_cluster.sh kill  DIR HOST        lose HOST: all its processes die at once
#   virtual_cluster.sh boot  DIR HOST        bring a lost HOST back
#   virtual_cluster.sh env   DIR             print the shell line a client needs
#
# plain: one slurmd per virtual node on 127.0.0.1, one port each; any user.
#        All nodes share one host name, so Open MPI must be told
#        OMPI_MCA_btl=tcp,self (its shared-memory transport mixes the "nodes" up).
# netns: every host (head, n1..) has its own network, host-name, ipc and mount
#        namespace (a node also its own pid namespace), joined by veth pairs to
#        a bridge in the head's namespace.  Needs root (CAP_SYS_ADMIN and
#        CAP_NET_ADMIN).  Nothing is added to the machine's own network.
# -S:    hosts only, no Slurm (for mpirun with a remote-shell agent).
# Packages (Debian 12): slurm-wlm munge openmpi-bin iproute2 util-linux
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
die() { echo "virtual_cluster: $*" >&2; exit 1; }

usage() { sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p}' "$0"; exit 2; }

alive() {   # is PID running (a zombie is not)?
    [ -n "${1:-}" ] && [ -r "/proc/$1/stat" ] &&
        [ "$(sed 's/.*) \(.\).*/\1/' "/proc/$1/stat" 2>/dev/null || echo Z)" != Z ]
}

waitfor() { # waitfor SECONDS COMMAND...
    local end=$(( SECONDS + $1 )); shift
    while :; do
        "$@" >/dev/null 2>&1 && return 0
        [ $SECONDS -le $end ] || return 1
        sleep 0.05
    done
}

into() {    # set ENTER to the command prefix which enters a host
    ENTER=()
    [ "$MODE" = netns ] || return 0
    local p; p=$(cat "$DIR/host.$1.pid" 2>/dev/null) || die "no host $1"
    alive "$p" || die "host $1 is down"
    local ns=(-n -u -i -m)
    [ "$1" = head ] || ns+=(-p)
    ENTER=(nsenter -t "$p" "${ns[@]}" -- sh -c 'cd "$0" && exec "$@"' "$PWD")
}

on() {      # run a command on a host
    into "$1"; shift
    "${ENTER[@]}" "$@"
}

daemon() {  # daemon HOST NAME COMMAND...: start in the background, note the pid
    local h=$1 n=$2; shift 2
    into "$h"
    SLURM_CONF="$DIR/slurm.conf" setsid "${ENTER[@]}" "$@" \
        </dev/null >"$DIR/$n.out" 2>&1 &
    echo $! > "$DIR/run.$n.pid"
}

enddaemon() { # enddaemon HOST NAME PIDFILE: TERM, wait, KILL
    local p; p=$(cat "$DIR/run.$2.pid" 2>/dev/null || true)
    rm -f "$DIR/run.$2.pid"
    alive "$p" || return 0
    if [ "$MODE" = netns ] && [ "$1" != outside ] && [ "$1" != head ]; then
        # the pid file holds the number in the host's own pid namespace
        on "$1" kill "$(cat "$3")" 2>/dev/null || true
    else
        kill "$p" 2>/dev/null || true
    fi
    waitfor 5 dead "$p" || kill -9 "$p" 2>/dev/null || true
}
dead() { ! alive "$1"; }

addr() { [ "$1" = head ] && echo 10.99.0.254 || echo "10.99.0.${1#n}"; }

mkhost() {  # namespaces of one host, kept by one process
    # A node has its own pid namespace, so killing that process loses the node.
    # The head has not: mpirun's remote-shell agent must see the nodes' pids.
    local h=$1 pidns=(-p --fork --mount-proc --kill-child)
    [ "$h" != head ] || pidns=()
    setsid unshare "${pidns[@]}" -n -u -i -m --propagation private \
        bash -c 'hostname "$1"; mount --bind "$2/hosts" /etc/hosts
                 ip link set lo up
                 mkdir -p "$2/tmp.$1"; : > "$2/host.$1.ready"
                 exec 0</dev/null 1>/dev/null 2>&1
                 trap "kill \$!; exit" TERM
                 while :; do sleep 3600 & wait; done' _ "$h" "$DIR" \
        </dev/null >"$DIR/host.$h.out" 2>&1 &
    echo $! > "$DIR/unshare.$h.pid"
    waitfor 5 test -e "$DIR/host.$h.ready" || die "host $h did not start"
    rm -f "$DIR/host.$h.ready"
    if [ "$h" = head ]; then cp "$DIR/unshare.$h.pid" "$DIR/host.$h.pid"
    else pgrep -P "$(cat "$DIR/unshare.$h.pid")" | head -1 > "$DIR/host.$h.pid"; fi
    if [ "$h" = head ]; then
        on head ip link add br0 type bridge
        on head ip addr add "$(addr head)/24" dev br0
        on head ip link set br0 up
    else
        local hp np; hp=$(cat "$DIR/host.head.pid"); np=$(cat "$DIR/host.$h.pid")
        on head ip link del "v$h" 2>/dev/null || true
        nsenter -t "$hp" -n ip link add "v$h" type veth peer name eth0 netns "$np"
        nsenter -t "$hp" -n ip link set "v$h" master br0 up
        on "$h" ip addr add "$(addr "$h")/24" dev eth0
        on "$h" ip link set eth0 up
    fi
}

mkslurmd() {
    mkdir -p "$DIR/spool.$1" "$DIR/tmp.$1"
    daemon "$1" "slurmd.$1" slurmd -D -N "$1"
}

load() {
    DIR=$(cd "$1" 2>/dev/null && pwd) || die "no directory $1"
    [ -r "$DIR/virtual_cluster.state" ] || die "$DIR is not a virtual_cluster directory"
    . "$DIR/virtual_cluster.state"
}

case ${1:-} in
start)
    shift; MODE=netns; NODES=2; CPUS=2; SLURM=1
    while getopts m:n:c:S o; do case $o in
        m) MODE=$OPTARG;; n) NODES=$OPTARG;; c) CPUS=$OPTARG;; S) SLURM=0;; *) usage;;
    esac; done
    shift $((OPTIND-1)); [ $# = 1 ] || usage
    [ "$(id -u)" = 0 ] || [ "$MODE" = plain ] || die "netns mode needs root"
    mkdir -p "$1"; DIR=$(cd "$1" && pwd); chmod 755 "$DIR"
    [ ! -e "$DIR/virtual_cluster.state" ] || die "$DIR already holds a cluster"
    case $MODE in
    netns) HEAD=head; HEADADDR=$(addr head); BASE=6817 ;;
    plain) HEAD=$(hostname); HEADADDR=127.0.0.1; BASE=$(( 20000 + $$ % 20000 ));;
    *) usage ;;
    esac
    printf 'MODE=%s\nNODES=%s\nCPUS=%s\nSLURM=%s\n' $MODE $NODES $CPUS $SLURM > "$DIR/virtual_cluster.state"
    trap 'echo "virtual_cluster: start failed, see $DIR/*.log" >&2; bash "$0" stop "$DIR"' ERR
    if [ $MODE = netns ]; then
        { echo "127.0.0.1 localhost"; echo "$(addr head) head"
          for i in $(seq $NODES); do echo "$(addr n$i) n$i"; done; } > "$DIR/hosts"
        mkhost head; for i in $(seq $NODES); do mkhost n$i; done
        cat > "$DIR/rsh" <<END
#!/bin/sh
# remote-shell agent for mpirun on the head: rsh [options] HOST COMMAND
while case "\$1" in -*) true;; *) false;; esac; do shift; done
h=\$1; shift
exec nsenter -t "\$(cat "$DIR/host.\$h.pid")" -p -n -u -i -m -- sh -c "\$*"
END
        { echo "plm_rsh_agent = $DIR/rsh"; echo "plm_rsh_no_tree_spawn = 1"
          echo "orte_default_hostfile = $DIR/hostfile"
          echo "orte_tmpdir_base = $DIR/tmp.mpi"; } > "$DIR/mca.conf"
        mkdir -p "$DIR/tmp.mpi"
        for i in $(seq $NODES); do echo "n$i slots=$CPUS"; done > "$DIR/hostfile"
        chmod 755 "$DIR/rsh"
    fi
    if [ $SLURM = 1 ]; then
        mkdir -p "$DIR/state"
        sed -e "s|@DIR@|$DIR|g; s|@HEAD@|$HEAD|; s|@HEADADDR@|$HEADADDR|; s|@BASE@|$BASE|; s|@USER@|$(id -un)|" \
            "$here/slurm.conf.in" > "$DIR/slurm.conf"
        for i in $(seq $NODES); do
            if [ $MODE = netns ]; then echo "NodeName=n$i NodeHostname=n$i NodeAddr=$(addr n$i) Port=$((BASE+1)) CPUs=$CPUS State=UNKNOWN"
            else echo "NodeName=n$i NodeHostname=$HEAD NodeAddr=127.0.0.1 Port=$((BASE+i)) CPUs=$CPUS State=UNKNOWN"; fi
        done >> "$DIR/slurm.conf"
        echo "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP" >> "$DIR/slurm.conf"
        (umask 077; head -c 1024 /dev/urandom > "$DIR/munge.key")
        (MODE=plain; daemon head munged munged --foreground --force \
            --socket="$DIR/munge.sock" --key-file="$DIR/munge.key" \
            --pid-file="$DIR/munged.pid" --seed-file="$DIR/munge.seed" \
            --log-file="$DIR/munged.log")
        waitfor 5 test -S "$DIR/munge.sock" || false
        daemon head slurmctld slurmctld -D
        for i in $(seq $NODES); do mkslurmd n$i; done
        export SLURM_CONF="$DIR/slurm.conf"
        ready() { [ "$(on head timeout 3 sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" = "$NODES" ]; }
        waitfor 20 ready || false
    fi
    trap - ERR
    ;;
stop)
    [ $# = 2 ] || usage; load "$2"
    if [ "$SLURM" = 1 ]; then
        export SLURM_CONF="$DIR/slurm.conf"
        (into head; timeout 5 "${ENTER[@]}" scancel -u "$(id -un)" -f 2>/dev/null) || true
        idle() { [ -z "$(on head timeout 3 squeue -h 2>/dev/null)" ]; }
        waitfor 8 idle || true
        for f in "$DIR"/run.slurmd.*.pid; do
            [ -e "$f" ] || continue; h=${f##*slurmd.}; h=${h%.pid}
            (enddaemon "$h" "slurmd.$h" "$DIR/slurmd.$h.pid") || true
        done
        (enddaemon head slurmctld "$DIR/slurmctld.pid") || true
        enddaemon outside munged "$DIR/munged.pid"
    fi
    for f in "$DIR"/unshare.*.pid; do
        [ -e "$f" ] || continue
        case $f in *.head.pid) kill "$(cat "$f")";; *) kill -9 "$(cat "$f")";; esac 2>/dev/null || true
        rm -f "$f"
    done
    rm -f "$DIR"/host.*.pid "$DIR/virtual_cluster.state"
    ;;
run)  [ $# -ge 4 ] || usage; load "$2"; h=$3; shift 3
      if [ "$SLURM" = 1 ]; then export SLURM_CONF="$DIR/slurm.conf"
      elif [ "$MODE" = netns ]; then export OMPI_MCA_mca_base_param_files="$DIR/mca.conf"; fi
      into "$h"
      exec "${ENTER[@]}" "$@" ;; # whoever ends us ends it
cut)  load "$2"; nsenter -t "$(cat "$DIR/host.head.pid")" -n ip link set "v$3" down ;;
mend) load "$2"; nsenter -t "$(cat "$DIR/host.head.pid")" -n ip link set "v$3" up ;;
kill) load "$2"
      if [ "$MODE" = netns ]; then kill -9 "$(cat "$DIR/host.$3.pid")"; rm -f "$DIR/host.$3.pid"
      else die "kill needs netns mode"; fi ;;
boot) load "$2"; [ "$MODE" = netns ] || die "boot needs netns mode"
      ! alive "$(cat "$DIR/host.$3.pid" 2>/dev/null || true)" || die "$3 is up"
      mkhost "$3"; [ "$SLURM" = 0 ] || mkslurmd "$3" ;;
env)  load "$2"; [ "$SLURM" = 0 ] || echo "export SLURM_CONF=$DIR/slurm.conf" ;;
*) usage ;;
esac
