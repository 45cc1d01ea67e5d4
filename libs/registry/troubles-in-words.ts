import type { Trouble } from './troubles.js';

/** More than these in one line nobody reads. */
const MOST_TOLD = 3;

interface Told {
  message: string;
  services: Set<string>;
  replicas: number;
  since: Date;
}

/** `transform, write: Kafka cannot be reached (4 replicas, since 12:01:30 UTC)`, joined by `; `; undefined where there is none. */
export function troublesInWords(troubles: readonly Trouble[], now: Date): string | undefined {
  const all = toldOnce(troubles).map((told) => inWords(told, now));
  if (all.length === 0) return undefined;
  const told = all.toSorted().slice(0, MOST_TOLD);
  if (all.length > MOST_TOLD) told.push(`and ${all.length - MOST_TOLD} more`);
  return told.join('; ');
}

/** Of services and their replicas that say the same. */
function toldOnce(troubles: readonly Trouble[]): Told[] {
  const told = new Map<string, Told>();
  for (const { service, message, since } of troubles) {
    const same = told.get(message) ?? { message, services: new Set<string>(), replicas: 0, since };
    const first = since < same.since ? since : same.since;
    told.set(message, { ...same, services: same.services.add(service), replicas: same.replicas + 1, since: first });
  }
  return [...told.values()];
}

function inWords({ message, services, replicas, since }: Told, now: Date): string {
  const [day = '', time = ''] = since.toISOString().split(/[T.]/);
  const isToday = now.toISOString().startsWith(day);
  const facts = [
    ...(replicas > services.size ? [`${replicas} replicas`] : []),
    `since ${isToday ? '' : `${day} `}${time} UTC`,
  ];
  return `${[...services].toSorted().join(', ')}: ${message} (${facts.join(', ')})`;
}
