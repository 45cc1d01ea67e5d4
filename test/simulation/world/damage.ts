import { EJSON } from 'bson';
import type { VerifyReport } from '#job';
import { awaitedLater } from '#log';
import type { Random } from '../kernel/index.js';
import { fieldOf, fieldsOf, isDocument, type Stored } from '../store/index.js';
import { inWords, isFieldOf, LARGE, type Words } from '../workload/index.js';
import type { SimWorld } from './sim-world.js';

/** What verify has to call it. */
type Kind = 'different' | 'missing' | 'extra';

interface Wrong {
  what: string;
  collection: string;
  id: unknown;
  /** As the oracle has it. */
  words: Words;
  kind: Kind;
}

interface Change {
  /** The class of defects that leaves documents so. */
  what: string;
  document: Stored;
}

const SOMEONE = { process: 'someone else', label: 'damage' };
/** An `_id`. */
const NOBODYS = 'nobody’s';
const NO_JOB = 'no job';
/** One that is there may be wrong in many ways. */
const KINDS: readonly Kind[] = ['different', 'different', 'missing', 'extra'];
const MOST = 3;

/**
 * Someone who is no part of Millrace writes to the target: documents are left as the defects of the product before us left them (RM1 to RM18 of
 * its record, named in `what`).
 */
export class Damage {
  private readonly wrongs: Wrong[] = [];
  /** What was still to be found as `missedBy` looked. */
  readonly stood = new Set<string>();

  constructor(
    private readonly world: SimWorld,
    private readonly random: Random,
  ) {}

  /** To a few documents that are right. */
  async happen(): Promise<void> {
    for (let i = this.random.between(1, MOST); i > 0; i--) {
      const { name } = this.random.one(this.world.model.collections);
      const rights = this.world.documents.right(name);
      const untouched = rights.filter((document) => !this.isWrong(name, fieldOf(document, '_id')));
      const kind = this.random.one(KINDS);
      if (kind === 'extra') await this.insert(name);
      else if (untouched.length > 0) await this.change(name, this.random.one(untouched), kind);
    }
  }

  /**
   * What is wrong with the report, in words: it has to tell of all damage that still stands, and may of what has been mended since
   * (a late touch makes a document anew) of what stood `before`; of nothing else.
   */
  missedBy(report: VerifyReport, before: readonly Wrong[]): string | undefined {
    const told = report.documents.filter(({ kind }) => kind !== 'deadLetter');
    const found = told.map(toldOf);
    const standing = this.standing();
    for (const { what } of standing) this.stood.add(what);
    const should = standing.map(toldOf);
    const may = new Set(before.map(toldOf));
    if (should.every((each) => found.includes(each)) && found.every((each) => may.has(each))) return undefined;
    return `verify tells of ${JSON.stringify(found)}, and should of ${JSON.stringify(should)}`;
  }

  standing(): readonly Wrong[] {
    return this.wrongs.filter(({ collection, words }) => this.world.documents.wrong(collection).has(words));
  }

  private isWrong(collection: string, id: unknown): boolean {
    const words = inWords(id);
    return this.wrongs.some((each) => each.collection === collection && inWords(each.id) === words);
  }

  private async insert(collection: string): Promise<void> {
    if (this.isWrong(collection, NOBODYS)) return;
    this.took({
      what: 'a document that no row makes (RM8, RM16)',
      collection,
      id: NOBODYS,
      words: inWords(NOBODYS),
      kind: 'extra',
    });
    const { mongo } = this.world.servers;
    const transaction = mongo.begin(mongo.primary, NO_JOB, SOMEONE);
    transaction.insert('target', collection, [{ _id: NOBODYS }], () => undefined);
    await this.commit(() => transaction.commit(mongo.primary));
  }

  private async change(collection: string, document: Stored, kind: Kind): Promise<void> {
    const id = fieldOf(document, '_id');
    const words = inWords(document);
    const changes =
      kind === 'missing' ? [] : [...changesOf(document)].filter((each) => inWords(each.document) !== words);
    const change = changes.length === 0 ? undefined : this.random.one(changes);
    const what = change?.what ?? 'a document that is not there (RM15)';
    const named = this.world.documents.idInWords(collection, document);
    this.took({ what, collection, id, words: named, kind: change === undefined ? 'missing' : 'different' });
    const { mongo } = this.world.servers;
    const transaction = mongo.begin(mongo.primary, NO_JOB, SOMEONE);
    if (change === undefined) transaction.remove('target', collection, [id]);
    else transaction.replace('target', collection, [change.document], () => undefined);
    await this.commit(() => transaction.commit(mongo.primary));
  }

  private took(wrong: Wrong): void {
    this.wrongs.push(wrong);
    this.world.kernel.note(`someone else leaves ${wrong.what}: ${wrong.collection} ${inWords(wrong.id)}`);
  }

  private async commit(commit: () => number | Promise<number>): Promise<void> {
    let isCommitted = false;
    const committing = awaitedLater(
      Promise.resolve(commit()).then(() => {
        isCommitted = true;
      }),
    );
    await this.world.kernel.runUntil(() => isCommitted, 2_000);
    await committing;
  }
}

const toldOf = ({ collection, kind, id }: Pick<Wrong, 'collection' | 'id'> & { kind: string }): string =>
  `${collection} ${kind} ${inWords(asTold(id))}`;

/** In JSON an integer's type does not show. */
const asTold = (id: unknown): unknown => EJSON.parse(EJSON.stringify(id));

/** All that may be wrong with one, one at a time. */
function* changesOf(document: Stored): Generator<Change> {
  for (const [name, value] of fieldsOf(document)) {
    // A large value that no row had is what `Monotony` looks for.
    if (name === '_id' || isFieldOf(LARGE, name)) continue;
    for (const { what, value: wrong } of wrongsOf(value)) yield { what, document: withField(document, name, wrong) };
    yield { what: 'a field that is not there', document: withField(document, name, undefined) };
  }
}

function* wrongsOf(value: unknown): Generator<{ what: string; value: unknown }> {
  if (Array.isArray(value)) return yield* wrongArrays(value);
  if (isDocument(value)) {
    yield { what: 'a row that is not embedded (RM4, RM17)', value: null };
    for (const { what, document } of changesOf(value)) yield { what, value: document };
    return;
  }
  if (value === null) yield { what: 'a default in place of null (RM9, RM14)', value: 'a default' };
  else yield { what: 'null in place of a value (RM9)', value: null };
}

function* wrongArrays(elements: readonly unknown[]): Generator<{ what: string; value: unknown }> {
  const [first, ...others] = elements;
  yield { what: 'an element of another document (RM10, RM18)', value: [...elements, {}] };
  if (elements.length === 0) return;
  yield { what: 'an array without its elements (RM1, RM6)', value: [] };
  yield { what: 'elements twice (RM2, RM3, RM7)', value: [...elements, first] };
  yield { what: 'one of several elements (RM5, RM11)', value: [first] };
  yield { what: 'elements in another order (RM12)', value: elements.toReversed() };
  if (!isDocument(first))
    yield { what: 'documents in place of values (RM13)', value: elements.map((each) => ({ each })) };
  for (const { what, value } of wrongsOf(first)) yield { what, value: [value, ...others] };
}

/** Undefined takes it out. */
function withField(document: Stored, name: string, value: unknown): Stored {
  const fields = [...fieldsOf(document)].map(([each, before]): [string, unknown] => [
    each,
    each === name ? value : before,
  ]);
  return new Map(fields.filter(([, each]) => each !== undefined));
}
