/** A mechanism that is taken away: in `file`, `find` (which is there once) becomes `replace`. */
export interface Mutant {
  name: string;
  /** What DESIGN calls it, or the schedule that it is there against. */
  takesAway: string;
  file: string;
  find: string;
  replace: string;
}

/** One for each mechanism that the simulator must miss when it is gone. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'load-beats-capture',
    takesAway: 'the comparison of load and capture',
    file: 'libs/stage/merge.ts',
    find: 'if (present.missing === undefined || present.missing.keyChanged) return present;',
    replace: "if (present.missing === undefined) return this.stage(key, '', tuple);",
  },
  {
    name: 'gone-is-forgotten',
    takesAway: 'rows that are gone block what comes late',
    file: 'libs/stage/merge.ts',
    find: "if (present === undefined) return this.stage(key, '', tuple);",
    replace: "if (present === undefined || present.gone) return this.stage(key, '', tuple);",
  },
  {
    name: 'no-former',
    takesAway: 'former images until they are touched',
    file: 'libs/transform/row-batch.ts',
    find: 'if (present !== undefined && !present.gone && leaves(present, row)) {',
    replace: 'if (present !== undefined && !present.gone && leaves(present, row) && this.position === undefined) {',
  },
  {
    name: 'former-is-touched-once',
    takesAway: 'former entries that an owner finds are touched again',
    file: 'libs/transform/former-tracker.ts',
    find: 'return fence.former.filter((entry) => !this.touching.has(nameOf(entry)) && !this.resolved.has(nameOf(entry)));',
    replace: 'return fence.former.filter(() => false);',
  },
  {
    name: 'former-is-trimmed-early',
    takesAway: 'former entries leave once their touches have resolved',
    file: 'libs/transform/former-tracker.ts',
    find: 'for (const entry of entries) this.touching.add(nameOf(entry));',
    replace: 'for (const entry of entries) this.resolved.add(nameOf(entry));',
  },
  {
    name: 'offset-before-touch',
    takesAway: 'touch, then commit the offset',
    file: 'libs/transform/row-actor.ts',
    find: 'return { completed: Promise.all(completions).then(() => undefined) };',
    replace: 'return { completed: Promise.resolve() };',
  },
  {
    name: 'offset-before-write',
    takesAway: 'write, then commit the offset',
    file: 'libs/write/document-actor.ts',
    find: 'const apart = await this.writeAll(batch, roots, this.sizeOf(roots.collection));\n      await this.writeAll(batch, { ...roots, keys: apart }, new BatchSize(APART), true);',
    replace:
      'const again = (apart: string[]) => this.writeAll(batch, { ...roots, keys: apart }, new BatchSize(APART), true);\n      this.writeAll(batch, roots, this.sizeOf(roots.collection)).then(again).catch(() => undefined);',
  },
  {
    name: 'repeats-are-dropped',
    takesAway: 'repeats touch their roots again',
    file: 'libs/transform/row-batch.ts',
    find: '(this.resolve[change.table] as Set<string>).add(change.key);\n      return;',
    replace: 'return;',
  },
  {
    name: 'repeats-are-staged',
    takesAway: 'the position in the fence tells repeats',
    file: 'libs/transform/row-batch.ts',
    find: 'if (change.at <= this.position) {',
    replace: "if (change.at <= this.position && change.at === '') {",
  },
  {
    name: 'no-rows-fence',
    takesAway: 'any two transactions of a partition conflict (rows)',
    file: 'libs/transform/row-actor.ts',
    find: 'const fence = await tx.fence<RowsFence>(names.fences, names.rowsFence(partition), raise);',
    replace:
      'const fence = (await tx.byId<RowsFence>(names.fences, names.rowsFence(partition))) as RowsFence;\n    if (raise.position > fence.position) await this.parts.store.write.patch(names.fences, fence._id, { set: raise });',
  },
  {
    name: 'no-touches-fence',
    takesAway: 'any two transactions of a partition conflict (touches)',
    file: 'libs/write/document-actor.ts',
    find: 'const fence = await tx.fence<TouchesFence>(names.fences, names.touchesFence(partition));',
    replace:
      'const fence = (await tx.byId<TouchesFence>(names.fences, names.touchesFence(partition))) as TouchesFence;',
  },
  {
    name: 'reads-outside-of-the-transaction',
    takesAway: 'what is assembled is read inside of the transaction',
    file: 'libs/write/document-actor.ts',
    find: 'const trees = await this.parts.trees.read(tx, collection.index, roots.keys);',
    replace: 'const trees = await this.parts.trees.read(this.parts.store.read as never, collection.index, roots.keys);',
  },
  {
    name: 'no-causal-token',
    takesAway: 'a touch carries the time of its staging',
    file: 'libs/write/document-actor.ts',
    find: 'for (const { after } of batch.records) if (after !== undefined) this.parts.store.reach(after);',
    replace: '',
  },
  {
    name: 'written-while-loading',
    takesAway: 'touches are dropped while the job loads',
    file: 'libs/write/document-actor.ts',
    find: 'if (await this.loading(tx)) return NOTHING;',
    replace: 'void (await this.loading(tx));',
  },
  {
    name: 'no-barrier',
    takesAway: 'building begins when every partition has passed the barrier',
    file: 'libs/job/load-phase.ts',
    find: 'await engine.barrier(signal);',
    replace: '',
  },
  {
    name: 'loaded-rows-after-the-barrier',
    takesAway: 'loaded rows are repeats after the barrier',
    file: 'libs/transform/row-batch.ts',
    find: 'if (this.fence.barrier || this.fence.floors',
    replace: 'if (this.fence.floors',
  },
  {
    name: 'chunk-read-again',
    takesAway: 'the record of a chunk is looked at after the snapshot',
    file: 'libs/ingest/load-actor.ts',
    find: 'return now?.done === false && now.planned === planned;',
    replace: 'return now !== undefined || planned !== undefined;',
  },
  {
    name: 'no-visibility-wait',
    takesAway: 'what is in the log is visible before the load begins',
    file: 'libs/sources/postgres/visibility.ts',
    find: 'while (!exported.settledIn(await current())) await pause();',
    replace: 'if (!exported.settledIn(await current())) await pause();',
  },
  {
    name: 'confirmed-at-once',
    takesAway: 'a commit is confirmed when what it appended has resolved',
    file: 'libs/ingest/position-tracker.ts',
    find: 'if (appends.length === 0) {',
    replace: 'if (appends.length >= 0) {',
  },
  {
    name: 'confirmed-out-of-order',
    takesAway: 'commits are confirmed in their order',
    file: 'libs/ingest/position-tracker.ts',
    find: 'entry.resolved = true;\n        this.advance();\n      },',
    replace: 'this.confirm(commit);\n      },',
  },
  {
    name: 'missing-is-null',
    takesAway: 'a column that is not known is missing, not null',
    file: 'libs/stage/merge.ts',
    find: 'row.missing ??= missing;',
    replace: '',
  },
  {
    name: 'fill-without-since',
    takesAway: 'a fill takes effect only while the same change’s columns are missing',
    file: 'libs/stage/merge.ts',
    find: 'if (present?.missing === undefined || present.missing.since !== since) return present;',
    replace: 'if (present?.missing === undefined || since === undefined) return present;',
  },
  {
    name: 'fill-from-the-stage-of-another-key',
    takesAway: 'a key change takes missing columns neither from the stage nor from the load',
    file: 'libs/stage/merge.ts',
    find: 'present !== undefined && !present.gone && !change.keyChanged && !present.bad ? present : undefined',
    replace: 'present !== undefined && !present.gone && !present.bad ? present : undefined',
  },
  {
    name: 'load-fills-a-changed-key',
    takesAway: 'the load does not fill what a key change left out',
    file: 'libs/stage/merge.ts',
    find: 'if (present.missing === undefined || present.missing.keyChanged) return present;',
    replace: 'if (present.missing === undefined) return present;',
  },
  {
    name: 'no-re-read',
    takesAway: 'columns that nobody knows are read again',
    file: 'libs/transform/row-actor.ts',
    find: 'if (rereads.length > 0) await tx.put(names.rereads, rereads);',
    replace: '',
  },
  {
    name: 're-read-too-early',
    takesAway: 'a re-read waits until the change is visible',
    file: 'libs/ingest/reread.ts',
    find: 'if (requests.every((request) => visibility.finished(request.transaction))) return;',
    replace: 'if (requests.length > 0 || visibility !== undefined) return;',
  },
  {
    name: 'fill-out-of-band',
    takesAway: 'a fill stands where its marker came back',
    file: 'libs/ingest/reread.ts',
    find: 'await this.markers.write(() => {',
    replace: 'const outOfBand = (appendAll: () => readonly Promise<void>[]) => appendAll();\n    outOfBand(() => {',
  },
  {
    name: 'no-floor',
    takesAway: 'a TRUNCATE drops loaded rows that come later',
    file: 'libs/transform/row-batch.ts',
    find: 'if (this.fence.barrier || this.fence.floors[String(table)] !== undefined) {',
    replace: 'if (this.fence.barrier) {',
  },
  {
    name: 'no-wipe',
    takesAway: 'a TRUNCATE wipes the rows of its partition',
    file: 'libs/transform/wipe.ts',
    find: 'for (let i = 0; i < owned.length; i += ROWS_PER_TRANSACTION) {',
    replace: 'for (let i = 0; i < 0 * owned.length; i += ROWS_PER_TRANSACTION) {',
  },
  {
    name: 'wipe-without-former',
    takesAway: 'what a TRUNCATE wipes leaves its documents',
    file: 'libs/transform/wipe.ts',
    find: 'entries.push({ table: change.table, key: row._id, at: change.at, k: row.k ?? {} });',
    replace: '',
  },
  {
    name: 'no-claims',
    takesAway: 'a root deletes its former _id only where it owns it',
    file: 'libs/write/claims.ts',
    find: 'if (!free && owner < outcome.root) {',
    replace: 'if (!free && owner === undefined) {',
  },
  {
    name: 'claims-are-not-woken',
    takesAway: 'who waits for an _id is touched when it is free',
    file: 'libs/write/document-actor.ts',
    find: 'const later = free.length === 0 ? [] : await this.parts.letters.wake(tx, free);',
    replace: 'const later: string[] = [];',
  },
  {
    name: 'truncate-passes-changes',
    takesAway: 'what is appended to a partition is in the order of the log',
    file: 'libs/ingest/capture-actor.ts',
    find: "case 'truncate':\n          await flush();",
    replace: "case 'truncate':",
  },
  {
    name: 'key-change-takes-old-columns',
    takesAway: 'the insert half of a key change says so',
    file: 'libs/sources/postgres/pgoutput-decoder.ts',
    find: 'if (moved) change.keyChanged = true;',
    replace: 'if (moved) change.keyChanged = false;',
  },
];
