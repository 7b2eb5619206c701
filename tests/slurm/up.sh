#!/usr/bin/env bash
# A SLURM cluster of two nodes on one machine: loopback only, no systemd, no accounting, no cgroups.
# Usage: up.sh DIR -> writes DIR/slurm.conf, DIR/pids and the link /etc/slurm/slurm.conf (needs root)
set -euo pipefail
dir=${1:?usage: up.sh DIR}
host=$(hostname -s)
cpus=${SLURM_CI_CPUS:-8}          # CPUs each fake node pretends to have
mem=${SLURM_CI_MEM_MB:-16000}
mkdir -p "$dir"/{state,spool-n1,spool-n2,log}
chmod 755 "$dir"
dd if=/dev/urandom of="$dir/munge.key" bs=1024 count=1 status=none
chmod 400 "$dir/munge.key"
cat > "$dir/slurm.conf" <<CONF
ClusterName=ci
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
CryptoType=crypto/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
MpiDefault=none
SwitchType=switch/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
PrologFlags=NoHold
ReturnToService=2
MinJobAge=600
KillWait=5
SlurmdTimeout=60
InactiveLimit=0
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=5,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool-%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd-%n.log
SlurmctldDebug=info
SlurmdDebug=info
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=16821 CPUs=$cpus RealMemory=$mem State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=16822 CPUs=$cpus RealMemory=$mem State=UNKNOWN
PartitionName=ci Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
# Jobs call srun, and the Snakemake plugin drops SLURM_* from the environment: the file must be at the default place.
# A plain file there is somebody's real cluster: leave it alone. A link is one of ours, left by a kill.
if [ -e /etc/slurm/slurm.conf ] && [ ! -L /etc/slurm/slurm.conf ]; then
  echo "/etc/slurm/slurm.conf is there already: not starting a second cluster" >&2; exit 1
fi
mkdir -p /etc/slurm && ln -sfn "$dir/slurm.conf" /etc/slurm/slurm.conf
unset SLURM_CONF
: > "$dir/pids"
munged --foreground --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" \
  --pid-file="$dir/munged.pid" --log-file="$dir/log/munged.log" --seed-file="$dir/munge.seed" --num-threads=2 &
echo $! >> "$dir/pids"
for _ in $(seq 50); do [ -S "$dir/munge.socket" ] && break; sleep 0.1; done
slurmctld -D -c > "$dir/log/slurmctld.out" 2>&1 & echo $! >> "$dir/pids"
for node in n1 n2; do slurmd -D -N "$node" > "$dir/log/slurmd-$node.out" 2>&1 & echo $! >> "$dir/pids"; done
for _ in $(seq 100); do
  [ "$(sinfo --noheader --format=%T 2>/dev/null | sort -u)" = idle ] && { sinfo; exit 0; }
  sleep 0.3
done
echo "SLURM did not come up; see $dir/log" >&2; exit 1
