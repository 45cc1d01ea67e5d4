import type { Random } from '../kernel/index.js';

/** As far as losing one goes. */
export interface Replica {
  role: string;
  process: { state: string };
}

/** Law 6: of each role that has several replicas one that runs, drawn, never comes back. */
export function replicasToLose<R extends Replica>(replicas: readonly R[], random: Random): R[] {
  const roles = [...new Set(replicas.map(({ role }) => role))];
  return roles.flatMap((role) => {
    const running = replicas.filter((each) => each.role === role && each.process.state === 'running');
    return running.length > 1 ? [random.one(running)] : [];
  });
}
