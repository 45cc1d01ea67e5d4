import { flatten } from './issues.js';
import type { Path } from './problem.js';
import { type JobFile, jobFileSchema } from './schema.js';

type Raw = Record<string, unknown>;

/** Stand-ins for what does not matter to the mapping, so that the mapping can be checked although they are faulty. */
const SOUND: Raw = { job: 'job', target: { uri: 'mongodb://target', database: 'target' } };

/**
 * What is left of a faulty job file without the values that are faults, as far as the rest can do without them: a fault
 * whose removal is a fault too takes its node along.
 */
export function withoutFaults(data: unknown): JobFile | undefined {
  const copy = structuredClone(data) as Raw;
  const mapping: Raw = { ...SOUND, source: copy['source'], collections: copy['collections'] };
  for (const key of ['mode', 'defaults'])
    if (jobFileSchema.safeParse({ ...mapping, collections: {}, [key]: copy[key] }).success) mapping[key] = copy[key];
  const removed = new Set<string>();
  for (let round = 0; round < 20; round++) {
    const result = jobFileSchema.safeParse(mapping);
    if (result.success) return result.data;
    for (const { issue, path } of result.error.issues.flatMap((i) => flatten(i))) {
      const faults = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
      for (const fault of faults) {
        const again = removed.has(JSON.stringify(fault)) || typeof fault.at(-1) === 'number';
        removed.add(JSON.stringify(fault));
        const faulty = again ? enclosingNode(fault) : fault;
        if (faulty && enclosingNode(fault)) remove(mapping, faulty);
      }
    }
  }
  return undefined;
}

/** The embed or collection in which the path ends. */
function enclosingNode(path: Path): Path | undefined {
  let end = path[0] === 'collections' && path.length > 1 ? 2 : 0;
  while (end > 0 && path[end] === 'embed' && path.length > end + 1) end += 2;
  return end === 0 ? undefined : path.slice(0, end);
}

function remove(data: Raw, path: Path): void {
  let container: unknown = data;
  for (const part of path.slice(0, -1)) container = (container as Raw | undefined)?.[part];
  if (container !== null && typeof container === 'object') delete (container as Raw)[path.at(-1) as string];
}
