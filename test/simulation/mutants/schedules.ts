import type { Mutant } from './mutant.js';

const WRITE = 'libs/write';
const DOCUMENT_ACTOR = `${WRITE}/document-actor.ts`;
const TRANSFORM = 'libs/transform';
const ROW_BATCH = `${TRANSFORM}/row-batch.ts`;
const ROW_ACTOR = `${TRANSFORM}/row-actor.ts`;
const INCARNATION = 'libs/job/start-incarnation.ts';

/** Further mechanisms, each behind a schedule that broke an earlier design. */
export const SCHEDULES: readonly Mutant[] = [
  {
    name: 'bad-rows-are-not-staged',
    takesAway: 'a row that cannot be mapped is staged all the same',
    file: ROW_ACTOR,
    find: 'if (inserts.length > 0) await tx.insert(table.collection, inserts as never);\n      if (replaces.length > 0) await tx.replace(table.collection, replaces as never);',
    replace:
      "const isBad = (row: StagedRow) => Object.values(row.x ?? {}).some((results) => results.some((each) => 'error' in each));\n      const [good, better] = [inserts.filter((row) => !isBad(row)), replaces.filter((row) => !isBad(row))];\n      if (good.length > 0) await tx.insert(table.collection, good as never);\n      if (better.length > 0) await tx.replace(table.collection, better as never);",
  },
  {
    name: 'a-batch-folds-by-itself',
    takesAway: 'changes of one batch are applied onto one another',
    file: ROW_BATCH,
    find: '(this.rows[table] as Map<string, StagedRow>).get(key) ?? (this.found[table] as Map<string, StagedRow>).get(key)',
    replace: '(this.found[table] as Map<string, StagedRow>).get(key)',
  },
  {
    name: 'resolved-before-the-commit',
    takesAway: 'stage, then resolve',
    file: ROW_ACTOR,
    find: 'const former = [...tracker.due(fence), ...batch.former];\n    return {',
    replace:
      'const former = [...tracker.due(fence), ...batch.former];\n    this.early = [];\n    for await (const roots of this.parts.resolver.resolve([...batch.images(), ...former], (task) => void this.parts.fanOut.add(partition, task)))\n      this.early.push(roots);\n    return {',
    also: [
      {
        file: ROW_ACTOR,
        find: 'for await (const { collection, roots } of found) {',
        replace: 'void found;\n      for (const { collection, roots } of this.early) {',
      },
      {
        file: ROW_ACTOR,
        find: '  private readonly reads: PacedReads[];\n',
        replace:
          '  private readonly reads: PacedReads[];\n  private early: { collection: number; roots: string[] }[] = [];\n',
      },
    ],
  },
  {
    name: 'a-duplicate-is-taken-for-stale',
    takesAway: 'who conflicts reads again, and drops nothing',
    file: ROW_ACTOR,
    find: 'if (table < 0 || looked.has(table)) throw error;',
    replace:
      'if (table < 0) throw error;\n        if (!looked.has(-1)) return { images: [], former: [], dropped: [], counts: { staged: 0, superseded: 0 } };',
    tests: ['test/regression/schedule-09'],
  },
  {
    name: 'join-changes-touch-nothing',
    takesAway: 'what changes a join value touches the row’s own roots',
    file: ROW_BATCH,
    find: '(this.resolve[index] as Set<string>).add(key);\n    if (row === undefined',
    replace:
      'if (present === undefined || row === undefined || !leaves(present, row)) (this.resolve[index] as Set<string>).add(key);\n    if (row === undefined',
  },
  {
    name: 'a-fill-without-effect-touches-nothing',
    takesAway: 'a redelivered fill touches',
    file: ROW_BATCH,
    find: '(this.resolve[index] as Set<string>).add(key);\n    if (row === undefined',
    replace: 'if (row !== present) (this.resolve[index] as Set<string>).add(key);\n    if (row === undefined',
    tests: ['libs/transform/row-batch'],
  },
  {
    name: 'former-by-key-alone',
    takesAway: 'former entries leave by their position',
    file: `${TRANSFORM}/former-tracker.ts`,
    find: 'return `${entry.table}:${entry.at}:${entry.key}`;',
    replace: 'return `${entry.table}:${entry.key}`;',
    tests: ['test/regression/schedule-24'],
  },
  {
    name: 'a-wipe-is-taken-for-a-repeat',
    takesAway: 'a TRUNCATE always runs whole again',
    file: `${TRANSFORM}/wipe.ts`,
    find: 'if (floor !== undefined && floor >= change.at) return;',
    replace:
      'if (change.at <= fence.position) throw new RangeError("a repeat");\n  if (floor !== undefined && floor >= change.at) return;',
    also: [
      {
        file: ROW_ACTOR,
        find: 'for await (const page of wipePages(this.parts, partition, change, this.tracker(partition), signal)) {\n      await (await this.touch(partition, page)).touched;\n    }',
        replace:
          'try {\n      for await (const page of wipePages(this.parts, partition, change, this.tracker(partition), signal)) {\n        await (await this.touch(partition, page)).touched;\n      }\n    } catch (error) {\n      if (!(error instanceof RangeError)) throw error;\n    }',
      },
    ],
    tests: ['test/regression/schedule-05'],
  },
  {
    name: 'former-by-join-values-alone',
    takesAway: 'a former entry names the row, which may be a root',
    file: `${TRANSFORM}/resolver.ts`,
    find: 'yield { collection: node.collection, roots: unique(images.map((image) => image.key)) };',
    replace:
      "yield { collection: node.collection, roots: unique(images.filter((image) => !('at' in image)).map((image) => image.key)) };",
    tests: ['test/regression/schedule-05'],
  },
  {
    name: 'fan-out-coalesces-newer-changes',
    takesAway: 'a newer change gives a fan-out a new run',
    file: `${TRANSFORM}/fan-out.ts`,
    find: 'if (await this.made(record)) break;\n        continue;\n      }',
    replace: 'if (await this.made(record)) break;\n        continue;\n      }\n      if (present.run !== "") return;',
    tests: ['libs/transform/fan-out'],
  },
  {
    name: 'fan-out-cursor-of-anyone',
    takesAway: 'a cursor moves only where run and cursor are those that were read',
    file: `${TRANSFORM}/fan-out.ts`,
    find: 'where: { run: record.run, task, cursor },',
    replace: 'where: { ...(task < 0 && { cursor }) },',
    also: [
      {
        file: `${TRANSFORM}/fan-out.ts`,
        find: 'if (present.run !== record.run) return false;',
        replace: '',
      },
    ],
    tests: ['libs/transform/fan-out'],
  },
  {
    name: 'fan-out-is-lost-with-its-owner',
    takesAway: 'fan-outs of former owners are taken up',
    file: `${TRANSFORM}/fan-out.ts`,
    find: 'for (const record of records) this.start(record._id);',
    replace: 'if (records.length < 0) this.start("");',
    tests: ['libs/transform/fan-out'],
  },
  {
    name: 'an-absent-root-is-gone',
    takesAway: 'an absent root row means: do nothing',
    file: `${WRITE}/document-batch.ts`,
    find: "return former.has(root) ? { kind: 'delete', root, row, id: former.get(root) } : { kind: 'none', root };",
    replace:
      "return { kind: 'delete', root, row, id: former.has(root) ? former.get(root) : assembler.idOfKey(collection.index, root) };",
    tests: ['libs/write/document-batch'],
  },
  {
    name: 'a-waiting-document-is-written',
    takesAway: 'a document with a missing column is never written',
    file: 'libs/mapping/assemble/node-assembler.ts',
    find: 'this.problems.wait();\n    return false;',
    replace: 'return true;',
  },
  {
    name: 'a-claim-is-never-taken-over',
    takesAway: 'an _id whose owner has gone elsewhere is taken over',
    file: `${WRITE}/claims.ts`,
    find: 'const free = contested.get(id) === false;\n      if (!free && owner',
    replace: 'const free = contested.get(id) === undefined;\n      if (!free && owner',
    tests: ['libs/write/claims', 'test/integration/ids'],
  },
  {
    name: 'a-claim-is-anyone’s',
    takesAway: 'an _id is the lowest key’s',
    file: `${WRITE}/claims.ts`,
    find: 'if (!free && owner < outcome.root) {',
    replace: 'if (!free && owner > outcome.root) {',
  },
  {
    name: 'claims-taken-over-wake-nobody',
    takesAway: 'a claim that was taken over wakes those who wait for it',
    file: DOCUMENT_ACTOR,
    find: 'const free = [...batch.released, ...batch.loose, ...batch.takenOver];',
    replace: 'const free = [...batch.released, ...batch.loose];',
    tests: ['test/regression/claim-taken-over'],
  },
  {
    name: 'claims-without-a-write',
    takesAway: 'who waits for a claim writes it, so that two who look at it conflict',
    file: `${WRITE}/claims.ts`,
    find: 'if (!batch.claims.some((claim) => claim._id === id))',
    replace: 'if (batch.claims.length < 0)',
    tests: ['libs/write/claims'],
  },
  {
    name: 'letters-are-not-cleared',
    takesAway: 'a letter is cleared in the transaction that writes the document',
    file: `${WRITE}/letters.ts`,
    find: 'const cleared = former.filter((letter) => !causes.has(letter.root));',
    replace: 'const cleared = former.filter(() => false);',
  },
  {
    name: 'letters-are-not-counted',
    takesAway: 'the fence counts the letters of its partition',
    file: `${WRITE}/letters.ts`,
    find: 'await tx.patch(this.names.fences, fence._id, { inc: { letters: fresh - cleared.length } });',
    replace: 'await tx.patch(this.names.fences, fence._id, { inc: { letters: 0 } });',
  },
  {
    name: 'letters-out-of-the-transaction',
    takesAway: 'letters are written and cleared in the transaction of the documents',
    file: DOCUMENT_ACTOR,
    find: 'const newLetters = await letters.settle(tx, {',
    replace: 'const settleLater = (own: StoreTransaction) => letters.settle(own, {',
    also: [
      {
        file: DOCUMENT_ACTOR,
        find: 'apart,\n      newLetters,',
        replace: 'apart,\n      newLetters: settleLater as never,',
      },
      {
        file: DOCUMENT_ACTOR,
        find: "const done = await this.parts.store.transact('touches', work, signal);",
        replace:
          "const done = await this.parts.store.transact('touches', work, signal);\n      if (typeof done.newLetters === 'function') done.newLetters = await this.parts.store.transact('letters', done.newLetters);",
      },
    ],
    tests: ['test/regression/schedule-14-letter-cleared'],
  },
  {
    name: 'fences-are-made-by-their-users',
    takesAway: 'fences are never upserted',
    file: 'libs/store/mongodb/patch.ts',
    find: 'query: { _id: equal(id) }, update, new: false };',
    replace: 'query: { _id: equal(id) }, update, upsert: true, new: false };',
    also: [
      {
        file: 'libs/store/mongodb/transaction-writer.ts',
        find: 'const fence = reply.value as D | null;',
        replace:
          "const made = { _id: id, n: 0, position: '', floors: {}, barrier: false, former: [], letters: 0 };\n    const fence = (reply.value ?? made) as unknown as D | null;",
      },
    ],
    tests: ['test/regression/schedule-04'],
  },
  {
    name: 'the-ousted-have-no-letter',
    takesAway: 'who loses an _id to a lower key has a letter',
    file: `${WRITE}/letters.ts`,
    find: 'if (batch.ousted.size === 0) return own;',
    replace: 'if (batch.ousted.size >= 0) return own;',
  },
  {
    name: 'one-ordinal-for-a-key-change',
    takesAway: 'a key change has two ordinals, the delete first',
    file: 'libs/sources/postgres/pgoutput-decoder.ts',
    find: 'const atInsert = this.position();',
    replace: 'const atInsert = at;',
  },
  {
    name: 'barrier-out-of-band',
    takesAway: 'the barrier stands where a marker came back',
    file: 'libs/job/engine.ts',
    find: 'if (markers === undefined) barriers = append();\n    else',
    replace: 'if (markers !== null) barriers = append();\n    else',
    tests: ['test/regression/barrier-behind-changes'],
  },
  {
    name: 'fences-outlive-their-incarnation',
    takesAway: 'the former incarnation’s fences go first',
    file: INCARNATION,
    find: 'await store.drop(names.fences);\n',
    replace: 'void names;\n',
    tests: ['test/regression/schedule-22-late-writer'],
  },
  {
    name: 'one-epoch-for-all-sources',
    takesAway: 'the epoch rises with another source',
    file: INCARNATION,
    find: '(sameSource(former.identity, parts.identity) ? 0 : 1)',
    replace: '0',
    tests: ['libs/job/start-incarnation'],
  },
  {
    name: 'one-stage-for-all-loads',
    takesAway: 'number and id of a load are part of each name in the state database and in the log',
    file: 'libs/stage/names.ts',
    find: 'return `${this.incarnation}-${this.incarnationId}`;',
    replace: "return '1-1';",
    tests: ['test/regression/schedule-03'],
  },
  {
    name: 'another-source-goes-unnoticed',
    takesAway: 'a job does not follow a server, or a history, that is not the one that its positions speak of',
    file: 'libs/job/session.ts',
    find: 'if (!sameSource(record.identity, this.planned.identity))',
    replace: 'if (record.identity === null)',
    tests: ['test/e2e/robust-restored-source'],
  },
  {
    name: 'a-stream-of-any-server',
    takesAway: 'who streams asks on that very session whether it is the server that told who it is',
    file: 'libs/sources/postgres/capture.ts',
    find: 'if (this.told !== undefined) await refuseReplaced(client, this.told);',
    replace: '',
    tests: ['libs/sources/postgres/postgres-history'],
  },
  {
    name: 'a-transaction-without-a-majority',
    takesAway: 'a transaction is acknowledged when a majority has it',
    file: 'libs/store/mongodb/transactor.ts',
    find: "writeConcern: { w: 'majority' },",
    replace: 'writeConcern: { w: 1 },',
    tests: ['libs/store/mongodb/mongo-transactions.fail-over'],
  },
  {
    name: 'a-lost-slot-is-told-when-the-job-goes-on',
    takesAway: 'who guards a job that is held looks at its slot',
    file: 'libs/job/capture-guard.ts',
    find: 'if (paused) await source.checkCapture(capture);',
    replace: 'void paused;',
    tests: ['test/e2e/contract-pause'],
  },
  {
    name: 'later-batches-pass-a-failed-one',
    takesAway: 'one request at a time for each partition',
    file: 'libs/log/kafka/partition-sender.ts',
    find: 'this.#failure === undefined) await this.#next();',
    replace: 'this.#failure === undefined) void this.#next();',
    tests: ['libs/log/kafka/partition-sender'],
  },
  {
    name: 'a-repair-stages-what-it-has',
    takesAway: 'a repair reads rows from the source at a marker',
    file: 'libs/verify/repair.ts',
    find: 'const at = await this.deps.control.visible(signal);',
    replace: "const at = '' as Position;",
    tests: ['test/regression/schedule-18'],
  },
  {
    name: 'one-name-for-all-incarnations',
    takesAway: 'the incarnation is part of the slot’s name',
    file: INCARNATION,
    find: 'const name = `millrace_${job}_${incarnation}`;',
    replace: 'const name = `millrace_${job}_${incarnation * 0}`;',
    tests: ['test/regression/schedule-21'],
  },
  {
    name: 'former-roots-are-not-visited',
    takesAway: 'a building visits the roots of former incarnations',
    file: 'libs/job/formers.ts',
    find: 'if (present === undefined) continue;',
    replace: 'if (present !== null) continue;',
  },
  {
    name: 'only-the-last-former-is-visited',
    takesAway: 'all former stages are kept until a building has ended',
    file: INCARNATION,
    find: '[...former.formers, ...stageOf(former)]',
    replace: 'stageOf(former)',
    tests: ['test/regression/schedule-22-load-again'],
  },
  {
    name: 'a-fan-out-without-a-fence',
    takesAway: 'a fan-out is begun only where the partition has its fence',
    file: `${TRANSFORM}/fan-out.ts`,
    find: 'if ((await tx.byId(fences, id, { fields: [] })) === undefined) throw new FenceMissing(id);',
    replace: 'void [fences, id, FenceMissing];',
    tests: ['libs/transform/fan-out'],
  },
  {
    name: 'a-closed-queue-goes-on',
    takesAway: 'a stream that was stopped hands over nothing that came later',
    file: 'libs/sources/postgres/event-queue.ts',
    find: 'if (this.isClosed) return undefined;',
    replace: '',
    also: [
      {
        file: 'libs/sources/postgres/event-queue.ts',
        find: 'if (this.isClosed) {\n      this.current.events.length = 0;\n      return;\n    }\n    this.bytes',
        replace: 'this.bytes',
      },
      {
        file: 'libs/sources/postgres/event-queue.ts',
        find: 'if (this.end) throw this.end.error;',
        replace: "if (this.end && 'error' in this.end) throw this.end.error;\n      if (this.end) return undefined;",
      },
    ],
    tests: ['libs/sources/postgres/event-queue'],
  },
  {
    name: 'topics-after-the-record',
    takesAway: 'topics of a former load go before the record that knows of them',
    file: INCARNATION,
    find: '    await parts.removeTopics([...former.formers, former]);\n',
    replace: '',
    also: [
      {
        file: INCARNATION,
        find: 'if (former?.loading) await dropIncarnation(former, store);',
        replace:
          'if (former?.loading) await dropIncarnation(former, store);\n  if (former !== undefined) await parts.removeTopics([...former.formers, former]);',
      },
    ],
    tests: ['libs/job/start-incarnation'],
  },
  {
    name: 'a-wipe-before-its-floor',
    takesAway: 'the floor of a TRUNCATE is durable before its wipe',
    file: `${TRANSFORM}/wipe.ts`,
    find: "  await parts.store.transact('wipe', (tx) => raiseFloor(parts, tx, partition, change), signal);\n  let after",
    replace: '  let after',
    also: [
      {
        file: `${TRANSFORM}/wipe.ts`,
        find: "  yield await parts.store.transact('wipe', (tx) => wipe(parts, tx, partition, change, [], tracker), signal);\n}",
        replace:
          "  yield await parts.store.transact('wipe', (tx) => wipe(parts, tx, partition, change, [], tracker), signal);\n  await parts.store.transact('wipe', (tx) => raiseFloor(parts, tx, partition, change), signal);\n}",
      },
    ],
    tests: ['test/regression/schedule-05'],
  },
  {
    name: 'an-equal-key-is-another-one',
    takesAway: 'a change to an equal key, in other words, is an update',
    file: 'libs/sources/postgres/pgoutput-decoder.ts',
    find: 'if (oldKey === key) return',
    replace: 'if (oldKey === key && before === null) return',
    tests: ['libs/sources/postgres/pgoutput-decoder', 'test/integration/keys'],
  },
  {
    name: 'a-repair-beats-newer-changes',
    takesAway: 'a repaired row takes the place of nothing newer than its marker',
    file: 'libs/stage/merge.ts',
    find: 'if (present !== undefined && present.at > at) return present;',
    replace: '',
    tests: ['libs/stage/merge', 'test/regression/schedule-18'],
  },
  {
    name: 'a-batch-is-never-halved',
    takesAway: 'a batch that no transaction can commit is halved',
    file: ROW_ACTOR,
    find: 'const halves = halvesOf(records);',
    replace: 'const halves = records.length > 0 ? undefined : halvesOf(records);',
    tests: ['test/regression/schedule-19'],
  },
  {
    name: 'the-watermark-passes-open-batches',
    takesAway: 'an offset is committed when all batches before it are complete',
    file: 'libs/log/lane.ts',
    find: 'while (this.#open[completed]?.completed) completed++;',
    replace: 'completed = this.#open.findLastIndex((each) => each.completed) + 1;',
    tests: ['libs/log/embedded'],
  },
  {
    name: 'staging-without-a-majority',
    takesAway: 'what is staged is acknowledged by a majority (in the simulated server)',
    file: 'test/simulation/store/member.ts',
    find: 'if (time <= this.majority) return run();',
    replace: 'if (time <= this.majority || Number.isFinite(time)) return run();',
  },
];
