import { randomUUID } from 'node:crypto';
import { MillraceError } from '#errors';
import type { Plan } from '#model';
import { type CaptureNames, type Source, type SourceIdentity, sameSource } from '#sources';
import { type Incarnation, IncarnationNames, newRowsFence, newTouchesFence } from '#stage';
import type { Store } from '#store';
import type { KnownColumns } from './compile.js';
import { dropIncarnation, dropOthers } from './formers.js';
import { JOB_ERRORS } from './job.codes.js';
import type { Lease } from './lease.js';
import { type Former, type JobRecord, JobState } from './job-record.js';
import type { Tuning } from './tuning.js';

const ID_LENGTH = 8;

export function captureNames(job: string, incarnation: number): CaptureNames {
  const name = `millrace_${job}_${incarnation}`;
  return { slot: name, publication: name };
}

/**
 * A new incarnation. Its making first removes the former one's fences, so that nothing late from there can act; former
 * stages stay until the new building has ended. Safe to repeat: a try that was cut short is given up as an incarnation.
 */
export async function newIncarnation(
  parts: {
    store: Store;
    source: Source;
    plan: Plan;
    tuning: Tuning;
    now: () => Date;
    identity: SourceIdentity;
    knownColumns: KnownColumns;
    asked: number | null;
    /** The job's. */
    lease: Pick<Lease, 'holder' | 'confirm'>;
    removeTopics: (incarnations: readonly Incarnation[]) => Promise<void>;
  },
  former: JobRecord | undefined,
): Promise<JobState> {
  const { store, plan, tuning, lease } = parts;
  if (former !== undefined) {
    await retire(former, parts);
    // After its fences, by which whoever still works for it ends, and before its record goes, which knows of them.
    await parts.removeTopics([...former.formers, former]);
  }
  const incarnation = (former?.incarnation ?? 0) + 1;
  const incarnationId = randomUUID().slice(0, ID_LENGTH);
  const formers = former === undefined ? [] : [...former.formers, ...stageOf(former)];
  await makeStage(store, plan, { incarnation, incarnationId }, tuning);
  const record: JobRecord = {
    _id: 'job',
    job: plan.job,
    incarnation,
    incarnationId,
    phase: 'checking',
    loading: true,
    paused: false,
    heldPhase: null,
    plan: withClaims(
      plan,
      formers.map((each) => each.plan),
    ),
    formers,
    knownColumns: parts.knownColumns,
    epoch: former === undefined ? 1 : former.epoch + (sameSource(former.identity, parts.identity) ? 0 : 1),
    identity: parts.identity,
    capture: null,
    partitions: { rows: tuning.rowsPartitions, touches: tuning.touchesPartitions, tasks: tuning.readers },
    plannedTables: [],
    plannedCollections: [],
    asked: parts.asked,
    attention: null,
    history: [...(former?.history ?? []), { phase: 'checking', incarnation, at: parts.now() }],
  };
  const state = await JobState.create(store, parts.now, record, former, lease.holder).catch(async (error: unknown) => {
    if (error instanceof MillraceError && error.code === JOB_ERRORS.JOB_TAKEN_OVER.code)
      await dropIncarnation(record, store);
    throw error;
  });
  // Not before: who slept until another one has begun must not drop what that one has made.
  await lease.confirm();
  await dropOthers(record, store);
  if (former?.loading) await dropIncarnation(former, store);
  return state;
}

async function retire(
  former: JobRecord,
  { store, source, lease }: { store: Store; source: Source; lease: Pick<Lease, 'confirm'> },
): Promise<void> {
  const names = new IncarnationNames(former);
  await store.drop(names.fences);
  await source.dropCapture(captureNames(former.job, former.incarnation), 10_000, () => lease.confirm());
}

/** A load that was given up before its stage was whole has written no document: nobody need visit its roots. */
function stageOf({ incarnation, incarnationId, plan, loading }: JobRecord): Former[] {
  return loading ? [] : [{ incarnation, incarnationId, plan }];
}

async function makeStage(store: Store, plan: Plan, incarnation: Incarnation, tuning: Tuning): Promise<void> {
  const names = new IncarnationNames(incarnation);
  for (const collection of [
    names.claims,
    names.letters,
    names.tasks,
    names.chunks,
    names.builds,
    names.rereads,
    names.fences,
  ]) {
    await store.createCollection(collection);
  }
  for (const table of plan.tables) await store.createCollection(names.stage(table.index), { changedByKey: true });
  for (const collection of plan.collections)
    await store.createCollection({ database: 'target', name: collection.name });
  await store.createIndex(names.claims, 'owner');
  await store.createIndex(names.letters, 'waits');
  await store.createIndex(names.letters, 'nextAt');
  await store.createIndex(names.tasks, 'partition');
  const rows = Array.from({ length: tuning.rowsPartitions }, (_, partition) =>
    newRowsFence(names.rowsFence(partition)),
  );
  const touches = Array.from({ length: tuning.touchesPartitions }, (_, partition) =>
    newTouchesFence(names.touchesFence(partition)),
  );
  await store.write.put(names.fences, [...rows, ...touches]);
}

/**
 * Where a collection made its `_id`s otherwise before, one `_id` may have had another root: claims are kept then, so that
 * it can be told who owns it now.
 */
function withClaims(plan: Plan, formers: readonly Plan[]): Plan {
  const collections = plan.collections.map((collection) => {
    const otherwise = formers.some((former) => {
      const before = former.collections.find((candidate) => candidate.name === collection.name);
      return before !== undefined && idRule(former, before.index) !== idRule(plan, collection.index);
    });
    return otherwise ? { ...collection, claims: true } : collection;
  });
  return { ...plan, collections };
}

function idRule(plan: Plan, index: number): string {
  const collection = plan.collections[index];
  const table = plan.tables[plan.nodes[collection?.root ?? 0]?.table ?? 0];
  const column = (at: number) => table?.columns[at];
  const id = collection?.id;
  const named =
    id?.kind === 'column'
      ? { ...id, column: column(id.column) }
      : id?.kind === 'columns'
        ? { ...id, fields: id.fields.map((field) => ({ ...field, column: column(field.column) })) }
        : { ...id, expressions: plan.nodes[collection?.root ?? 0]?.expressions };
  return JSON.stringify([table?.schema, table?.name, table?.key.map(column), named]);
}
