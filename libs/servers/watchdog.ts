import { type ChildProcess, spawn } from 'node:child_process';
import type { Owner } from './server.js';

/**
 * Ends a server and removes its run folder when its owner has gone, however it went. A shell, because it outlives the owner, weighs next to nothing and is on every system that has these
 * servers. It leaves by itself when the run folder has gone.
 */
export function startWatchdog(owner: Owner, runFolder: string, stopSignal: NodeJS.Signals): ChildProcess {
  const named = [String(owner.pid), owner.folder ?? '/', runFolder, stopSignal.replace('SIG', '')];
  const args = ['-c', SCRIPT, 'millrace-watchdog', ...named];
  const watchdog = spawn('/bin/sh', args, { cwd: '/', detached: true, stdio: 'ignore' });
  watchdog.on('error', () => {});
  watchdog.unref();
  return watchdog;
}

/** `alive` takes a zombie for dead where there is a /proc to ask. */
const SCRIPT = `
owner=$1 folder=$2 run=$3 signal=$4
trap '' INT HUP
alive() {
  kill -0 "$1" 2>/dev/null || return 1
  [ -r "/proc/$1/stat" ] || return 0
  read -r stat < "/proc/$1/stat" || return 1
  stat=\${stat##*) }
  [ "\${stat%% *}" != Z ]
}
while alive "$owner" && [ -d "$folder" ]; do
  [ -d "$run" ] || exit 0
  sleep 0.4
done
pid=$(cat "$run/server.pid" 2>/dev/null)
if [ -n "$pid" ]; then
  kill -s "$signal" "$pid" 2>/dev/null
  tries=0
  while alive "$pid"; do
    tries=$((tries + 1))
    [ "$tries" -eq 150 ] && kill -s KILL "$pid" 2>/dev/null
    [ "$tries" -gt 200 ] && break
    sleep 0.1
  done
fi
rm -rf "$run" 2>/dev/null || { sleep 1; rm -rf "$run"; }
`;
