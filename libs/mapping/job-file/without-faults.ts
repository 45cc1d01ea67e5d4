import { flatten } from './issues.js';
import type { Path } from './problem.js';
import { type JobFile, jobFileSchema } from './schema.js';

type Raw = Record<string, unknown>;

/** Stand-ins for what does not matter to the mapping, so that the mapping can be checked although they are faulty. */
const SOUND: Raw = { job: 'job', target: { uri: 'mongodb://target', database: 'target' } };

/** What is left of a faulty job file without unknown keys and without the nodes that have other faults. */
export function withoutFaults(data: unknown): JobFile | undefined {
  const copy = structuredClone(data) as Raw;
  const mapping: Raw = { ...SOUND, source: copy['source'], collections: copy['collections'] };
  for (const key of ['mode', 'defaults'])
    if (jobFileSchema.safeParse({ ...mapping, collections: {}, [key]: copy[key] }).success) mapping[key] = copy[key];
  for (let round = 0; round < 20; round++) {
    const result = jobFileSchema.safeParse(mapping);
    if (result.success) return result.data;
    for (const { issue, path } of result.error.issues.flatMap((i) => flatten(i))) {
      const keys = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [enclosingNode(path)];
      for (const faulty of keys) if (faulty) remove(mapping, faulty);
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
