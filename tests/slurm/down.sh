#!/usr/bin/env bash
# Stops exactly the processes that up.sh started, last first, and waits until they are gone.
dir=${1:?usage: down.sh DIR}
[ -f "$dir/pids" ] || exit 0
tac "$dir/pids" | while read -r pid; do kill "$pid" 2>/dev/null || true; done
for pid in $(cat "$dir/pids"); do for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done; done
# A slurm.conf without a controller costs every later `snakemake` call 10 s (the plugin waits for scontrol).
[ "$(readlink /etc/slurm/slurm.conf)" = "$dir/slurm.conf" ] && rm -f /etc/slurm/slurm.conf
exit 0
