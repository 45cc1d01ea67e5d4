/** A first mark to reach on two cores; later work raises it. */
export interface Mark {
  atLeast?: number;
  below?: number;
}

/** One number of one run. */
export interface Figure {
  /** As `--only` names it; of the services with the number of replicas. */
  measure: string;
  name: string;
  unit: string;
  value: number;
  mark?: Mark;
}

/** What a service over Kafka costs may be half of what one process does. */
export const MARKS = {
  nestedRowsPerSecond: { atLeast: 30_000 },
  flatRowsPerSecond: { atLeast: 50_000 },
  changesPerSecond: { atLeast: 8000 },
  p99Ms: { below: 250 },
  peakMb: { below: 512 },
  takeOverSeconds: { below: 15 },
  poisonedShare: { atLeast: 2 / 3 },
} as const satisfies Record<string, Mark>;

/** What a process has used, or all replicas of a service: of these the memory of the one that had most. */
export interface Spent {
  name: string;
  cpuSeconds: number;
  peakBytes: number;
}

/** CPU per million of what was worked on, and memory: the same for every measure. */
export function costs(
  measure: string,
  of: { noun: 'rows' | 'changes'; amount: number; spent: readonly Spent[]; mongoCpuSeconds: number | undefined },
): Figure[] {
  const unit = `CPU s/million ${of.noun}`;
  const perMillion = (seconds: number): number => (seconds / of.amount) * 1e6;
  const mongo = of.mongoCpuSeconds;
  return [
    ...of.spent.map(({ name, cpuSeconds }) => {
      return { measure, name: `CPU of ${name}`, unit, value: perMillion(cpuSeconds) };
    }),
    ...(mongo === undefined ? [] : [{ measure, name: 'CPU of MongoDB', unit, value: perMillion(mongo) }]),
    ...of.spent.map(({ name, peakBytes }) => {
      return { measure, name: `peak memory of ${name}`, unit: 'MB', value: peakBytes / 1e6, mark: MARKS.peakMb };
    }),
  ];
}

export const reaches = (value: number, mark: Mark): boolean =>
  value >= (mark.atLeast ?? Number.NEGATIVE_INFINITY) && value < (mark.below ?? Number.POSITIVE_INFINITY);

export interface Summary extends Omit<Figure, 'value'> {
  median: number;
  least: number;
  most: number;
  values: number[];
  reached?: boolean;
}

/** The runs of each figure together, in the order in which they came first. */
export function summarise(figures: readonly Figure[]): Summary[] {
  const groups = new Map<string, Figure[]>();
  for (const figure of figures) {
    const key = `${figure.measure} ${figure.name}`;
    groups.set(key, [...(groups.get(key) ?? []), figure]);
  }
  return [...groups.values()].map((group) => {
    const { value: _value, ...what } = group[0] as Figure;
    const values = group.map(({ value }) => value);
    const median = medianOf(values);
    const reached = what.mark === undefined ? {} : { reached: reaches(median, what.mark) };
    return { ...what, median, least: Math.min(...values), most: Math.max(...values), values, ...reached };
  });
}

export function medianOf(values: readonly number[]): number {
  const rising = [...values].sort((a, b) => a - b);
  const middle = Math.floor(rising.length / 2);
  const upper = rising[middle] ?? Number.NaN;
  return rising.length % 2 === 1 ? upper : ((rising[middle - 1] ?? Number.NaN) + upper) / 2;
}
