import { MillraceError } from '#errors';
import { ConversionFailed, converter } from '#mapping';
import { type Plan, qualifiedName } from '#model';
import { type CaptureControl, engineState, noCapture, type VerifyDeps, verifyDocuments } from '#verify';
import { keyColumns, OrphanRemover } from '#write';
import type { CorrectedRow, JobEvent, ReplayReport, VerifyReport } from './commands.js';
import { dryRun } from './dry-run.js';
import { JOB_ERRORS } from './job.codes.js';
import { restOf } from './job-record.js';
import { LettersDesk, type LetterRef } from './letters-desk.js';
import { rowByName } from './row-by-name.js';
import type { Session } from './session.js';

/** What other commands ask of the holder of the lease. Plain data: it travels through the state database. */
export type Operation =
  | { kind: 'verify'; collection?: string; repair: boolean }
  | { kind: 'replay'; ids: string[]; all: boolean; dryRun: boolean; by: string }
  | { kind: 'edit'; id: string; columns: Record<string, string | null>; by: string }
  | { kind: 'pause' }
  | { kind: 'resume' }
  | { kind: 'complete' }
  /** Only to have caught up. */
  | { kind: 'sync' };

export interface OperationContext {
  session: Session;
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  now: () => Date;
  onEvent: (event: JobEvent) => void;
}

/** So many letters are tried a second at most: replays of very many leave room for the changes that come. */
const REPLAY_PAGE = 1_000;
const REPLAY_PAGE_MS = 1_000;
/** About so many are a record's. */
const TOUCH_BYTES = 100;

/** Carries an operation out on the running engine. */
export async function carryOut(operation: Operation, context: OperationContext, signal: AbortSignal): Promise<unknown> {
  const { session } = context;
  if (catchesUp(operation)) refusePaused(session);
  switch (operation.kind) {
    case 'verify':
      return verify(operation, context, signal);
    case 'replay':
      return replay(operation, context, signal);
    case 'edit':
      return edit(operation, context, signal);
    case 'pause':
      return session.pause();
    case 'resume':
      return session.resume();
    case 'complete':
      return complete(context, signal);
    case 'sync':
      return session.engine.drained(signal);
  }
}

/** By itself, before it looks at a document. */
export function catchesUp({ kind }: Operation): boolean {
  return kind === 'verify' || kind === 'complete' || kind === 'sync';
}

/** What has to catch up first cannot while an operator holds the job. */
export function refusePaused({ state, plan }: Session): void {
  if (!state.record.paused) return;
  throw new MillraceError(JOB_ERRORS.JOB_PAUSED, `the job ${plan.job} is paused, so it cannot catch up`);
}

/** A load that an operator holds does not come to its end, so what needs its documents would wait for nothing. */
export function refuseHeldLoad({ state, plan }: Session): void {
  if (!state.record.paused || state.at === restOf(plan)) return;
  throw new MillraceError(JOB_ERRORS.JOB_PAUSED, `the job ${plan.job} is paused in its load`);
}

/** True where the job is removed by the operation's success: its engine must end. */
export function endsTheJob(operation: Operation, result: unknown): boolean {
  return operation.kind === 'complete' && !hasDifferences(result as VerifyReport);
}

export function hasDifferences(report: VerifyReport): boolean {
  return report.different + report.missing + report.extra + report.deadLetters > 0;
}

async function verify(
  operation: Extract<Operation, { kind: 'verify' }>,
  { session, wait, onEvent }: OperationContext,
  signal: AbortSignal,
): Promise<VerifyReport> {
  const { engine, plan, names, store, source, evaluator, assembler, touches } = session;
  const control: CaptureControl =
    plan.mode === 'snapshot'
      ? noCapture
      : {
          visible: (stop) => engine.visible(stop),
          drained: (stop) => engine.drained(stop),
          appendAtMarker: (records) => engine.appendAtMarker(records),
        };
  const deps: VerifyDeps = {
    plan,
    source,
    evaluator,
    assembler,
    store,
    control,
    ...(touches && { touches }),
    wait,
    state: engineState(plan, names, store),
    remover: new OrphanRemover(plan, names, store),
  };
  const options = {
    repair: operation.repair,
    onProgress: onEvent,
    ...(operation.collection === undefined ? {} : { collection: operation.collection }),
  };
  await engine.drained(signal);
  return engine.orFailed(verifyDocuments(deps, options, signal));
}

async function replay(
  operation: Extract<Operation, { kind: 'replay' }>,
  context: OperationContext,
  signal: AbortSignal,
): Promise<ReplayReport> {
  const { session } = context;
  const desk = deskOf(context);
  const references: LetterRef[] = [];
  if (operation.all) {
    for await (const letter of desk.all())
      references.push({ id: letter._id, collectionIndex: letter.collectionIndex, root: letter.root });
  } else {
    references.push(...(await desk.references(operation.ids)));
  }
  if (operation.dryRun)
    return { replayed: 0, cleared: 0, remaining: references.length, documents: await dryRun(session, references) };
  const corrections = await desk.corrections();
  for (let i = 0; i < references.length; i += REPLAY_PAGE) {
    signal.throwIfAborted();
    const nextMs = context.now().getTime() + REPLAY_PAGE_MS;
    const page = references.slice(i, i + REPLAY_PAGE);
    await desk.auditReplay(page, operation.by);
    const { river } = session.engine;
    const corrected = page.flatMap(({ id }) => corrections.get(id) ?? []);
    const touches = [
      ...corrected.map((row) => river.packer.appendRow({ kind: 'touch', ...row, bytes: TOUCH_BYTES })),
      ...page.map(({ collectionIndex, root }) => river.toucher.touch(collectionIndex, [root], 'retry')),
    ];
    await session.engine.orFailed(Promise.all(touches));
    await session.engine.written(signal);
    const leftMs = nextMs - context.now().getTime();
    if (i + REPLAY_PAGE < references.length && leftMs > 0) await context.wait(leftMs, signal);
  }
  const still = await session.store.read.byIds(
    session.names.letters,
    references.map(({ id }) => id),
    { fields: ['_id'] },
  );
  return { replayed: references.length, cleared: references.length - still.length, remaining: still.length };
}

async function edit(
  operation: Extract<Operation, { kind: 'edit' }>,
  context: OperationContext,
  signal: AbortSignal,
): Promise<CorrectedRow> {
  const { session } = context;
  const desk = deskOf(context);
  const letter = await desk.letter(operation.id);
  const table = desk.tableOf(letter);
  const row = await desk.rowOf(letter);
  const joined = new Set([...table.key, ...table.joins.flatMap((join) => join.columns)]);
  for (const name of Object.keys(operation.columns)) {
    const column = table.columns.findIndex((candidate) => candidate.name === name);
    if (column < 0 || joined.has(column)) {
      const why = column < 0 ? 'the mapping uses no such column of' : 'it is part of the key or of a join of';
      throw refused(`${name} cannot be edited: ${why} ${table.schema}.${table.name}`);
    }
  }
  if (row === undefined || row.gone) throw refused('the row of this letter is gone');
  if (row.c === undefined) throw refused('the row of this letter is too large: Millrace has none of its columns');
  for (const [name, text] of Object.entries(operation.columns)) refuseUnfit(session.plan, table, name, text);
  await session.store.write.patch(session.names.letters, letter._id, { set: { nextAt: null } });
  const bytes = 200;
  const { columns } = operation;
  const record = { kind: 'edit' as const, table: table.index, key: row._id, at: row.at, columns, bytes };
  await desk.audit('edit', letter, operation.by, { columns: Object.keys(columns), table: table.index, row: row._id });
  await session.engine.orFailed(session.engine.river.packer.appendRow(record));
  await session.engine.written(signal);
  const corrected = await desk.rowOf(letter);
  if (corrected?.at !== row.at)
    throw refused('the row of this letter has changed meanwhile, and is tried by itself: nothing was corrected');
  return { table: qualifiedName(table), key: keyColumns(table, row._id, row), row: rowByName(table, row.c) };
}

const refused = (message: string): MillraceError => new MillraceError(JOB_ERRORS.EDIT_REFUSED, message);

/** A correction that no field of the column can take would only be the next dead letter. */
function refuseUnfit(plan: Plan, table: Plan['tables'][number], name: string, text: string | null): void {
  const index = table.columns.findIndex((candidate) => candidate.name === name);
  const type = table.columns[index]?.type;
  if (type === undefined) return;
  for (const id of table.nodes) {
    const { fields = [], value } = plan.nodes[id] ?? {};
    for (const field of value?.kind === 'column' ? [...fields, value.field] : fields) {
      if (field.column !== index) continue;
      const converted = converter(type, field.type)(text);
      if (!(converted instanceof ConversionFailed)) continue;
      throw refused(`${name} cannot be edited so: ${converted.message}`);
    }
  }
}

async function complete(context: OperationContext, signal: AbortSignal): Promise<VerifyReport> {
  const { session } = context;
  await session.state.enter('completing');
  try {
    const report = await verify({ kind: 'verify', repair: false }, context, signal);
    if (hasDifferences(report)) await session.state.enter(restOf(session.plan));
    return report;
  } catch (error) {
    await session.state.enter(restOf(session.plan));
    throw error;
  }
}

function deskOf({ session, now }: OperationContext): LettersDesk {
  return new LettersDesk(session.store, session.names, session.plan, now);
}
