import type { CaptureEvent } from '../source.js';
import { formatCommit, type RowChange, type TablePlan } from '#model';
import { mapRelation, readRelation, type Relation, type RelationMapping } from './relation.js';
import type { TransactionIds } from './transaction-id.js';
import { TupleFields, TuplePacker } from './tuple-fields.js';

/** What the log says a table looked like: to be compared with the plan before anything that follows is handed over. */
export interface RelationEvent {
  op: 'relation';
  relation: Relation;
  table: TablePlan;
}

export type DecodedEvent = CaptureEvent | RelationEvent;

export interface DecoderOptions {
  tables: readonly TablePlan[];
  epoch: number;
  /** The prefix of this job's markers. */
  markerPrefix: string;
  transactionIds: TransactionIds;
}

/** Microseconds between 1970 and 2000. */
const PG_EPOCH_MS = 946_684_800_000;
/** What an event costs beside its strings. */
const EVENT_BYTES = 160;
const LOW_HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

const BEGIN = 0x42,
  COMMIT = 0x43,
  DELETE = 0x44,
  INSERT = 0x49,
  MESSAGE = 0x4d,
  RELATION = 0x52,
  TRUNCATE = 0x54,
  UPDATE = 0x55;
const KEY_TUPLE = 0x4b,
  NEW_TUPLE = 0x4e,
  OLD_TUPLE = 0x4f;

/**
 * Decodes pgoutput (protocol 1, text format, whole transactions) straight from the socket's buffer. Ordinals count every
 * change that the stream has, also those of unknown tables, an update as two (it may turn out to be a delete and an
 * insert): the log alone decides them, and so they are the same on every redelivery.
 */
export class PgoutputDecoder {
  private readonly tables: Map<number, TablePlan>;
  private readonly mappings = new Map<number, RelationMapping>();
  private readonly fields = new TupleFields();
  private readonly oldFields = new TupleFields();
  private readonly packer = new TuplePacker();
  private readonly options: DecoderOptions;
  private commit = '';
  private transaction = '';
  private ordinal = 0;
  private highHex = '';
  private open = false;
  /** Where the last transaction ended. */
  private lastEnd = 0n;

  constructor(options: DecoderOptions) {
    this.options = options;
    this.tables = new Map(options.tables.map((table) => [Number(table.sourceId), table]));
  }

  /**
   * Everything below `walEnd` was decoded before: offers it for confirmation. Not inside a transaction, nor for a position
   * before the last one's end: the server may still be about to note that it has sent it.
   */
  keepalive(walEnd: bigint, sentAtMs: number, out: DecodedEvent[]): number {
    if (this.open || walEnd <= this.lastEnd) return 0;
    this.lastEnd = walEnd;
    return pushCommit(out, walEnd, sentAtMs);
  }

  /** Decodes the message at `offset`, appends what it says to `out`, returns about how many bytes of memory that takes. */
  decode(buffer: Buffer, offset: number, out: DecodedEvent[]): number {
    switch (buffer[offset]) {
      case INSERT:
        return this.insert(buffer, offset, out);
      case UPDATE:
        return this.update(buffer, offset, out);
      case DELETE:
        return this.delete(buffer, offset, out);
      case BEGIN:
        return this.begin(buffer, offset);
      case COMMIT:
        return this.end(buffer, offset, out);
      case RELATION:
        return this.relation(buffer, offset, out);
      case TRUNCATE:
        return this.truncate(buffer, offset, out);
      case MESSAGE:
        return this.marker(buffer, offset, out);
      default:
        return 0;
    }
  }

  private begin(buffer: Buffer, offset: number): number {
    this.commit = formatCommit(this.options.epoch, buffer.readBigUInt64BE(offset + 1));
    this.transaction = this.options.transactionIds.widen(buffer.readUInt32BE(offset + 17));
    this.ordinal = 0;
    this.open = true;
    return 0;
  }

  private end(buffer: Buffer, offset: number, out: DecodedEvent[]): number {
    this.open = false;
    const confirm = buffer.readBigUInt64BE(offset + 10);
    this.lastEnd = confirm;
    const committedAtMs = Number(buffer.readBigInt64BE(offset + 18)) / 1000 + PG_EPOCH_MS;
    return pushCommit(out, confirm, Math.floor(committedAtMs));
  }

  private insert(buffer: Buffer, offset: number, out: DecodedEvent[]): number {
    const at = this.position();
    const mapping = this.mappings.get(buffer.readUInt32BE(offset + 1));
    if (!mapping) return 0;
    this.fields.scan(buffer, offset + 6);
    return this.upsert(buffer, mapping, this.keyOf(buffer, mapping, this.fields, null), at, null, false, out);
  }

  private update(buffer: Buffer, offset: number, out: DecodedEvent[]): number {
    const at = this.position();
    const atInsert = this.position();
    const mapping = this.mappings.get(buffer.readUInt32BE(offset + 1));
    if (!mapping) return 0;
    const kind = buffer[offset + 5];
    const before = kind === KEY_TUPLE || kind === OLD_TUPLE ? this.oldFields : null;
    const next = before ? before.scan(buffer, offset + 6) : offset + 5;
    if (buffer[next] !== NEW_TUPLE) throw new RangeError('an update of pgoutput without its new tuple');
    this.fields.scan(buffer, next + 1);
    const whole = kind === OLD_TUPLE ? before : null;
    const key = this.keyOf(buffer, mapping, this.fields, before);
    const oldKey = before ? this.keyOf(buffer, mapping, before, null) : key;
    if (oldKey === key) return this.upsert(buffer, mapping, key, at, whole, false, out);
    out.push(this.deletion(mapping, oldKey, at));
    return EVENT_BYTES + 2 * oldKey.length + this.upsert(buffer, mapping, key, atInsert, whole, true, out);
  }

  private delete(buffer: Buffer, offset: number, out: DecodedEvent[]): number {
    const at = this.position();
    const mapping = this.mappings.get(buffer.readUInt32BE(offset + 1));
    if (!mapping) return 0;
    this.oldFields.scan(buffer, offset + 6);
    const key = this.keyOf(buffer, mapping, this.oldFields, null);
    out.push(this.deletion(mapping, key, at));
    return EVENT_BYTES + key.length;
  }

  private upsert(
    buffer: Buffer,
    mapping: RelationMapping,
    key: string,
    at: string,
    whole: TupleFields | null,
    moved: boolean,
    out: DecodedEvent[],
  ): number {
    const tuple = this.packer.pack(buffer, this.fields, mapping.fields, whole);
    const change: RowChange = {
      op: 'upsert',
      table: mapping.table.index,
      key,
      at,
      tuple,
      transaction: this.transaction,
    };
    const missing = this.packer.missing;
    if (missing) {
      change.missing = missing;
      if (moved) change.keyChanged = true;
    }
    out.push(change);
    return EVENT_BYTES + key.length + tuple.length;
  }

  private deletion(mapping: RelationMapping, key: string, at: string): RowChange {
    return { op: 'delete', table: mapping.table.index, key, at, tuple: '', transaction: this.transaction };
  }

  private truncate(buffer: Buffer, offset: number, out: DecodedEvent[]): number {
    const count = buffer.readUInt32BE(offset + 1);
    for (let i = 0; i < count; i++) {
      const at = this.position();
      const table = this.tables.get(buffer.readUInt32BE(offset + 6 + 4 * i));
      if (table) out.push({ op: 'truncate', table: table.index, at });
    }
    return EVENT_BYTES * count;
  }

  private relation(buffer: Buffer, offset: number, out: DecodedEvent[]): number {
    const relation = readRelation(buffer, offset);
    const table = this.tables.get(relation.id);
    if (!table) return 0;
    this.mappings.set(relation.id, mapRelation(relation, table));
    out.push({ op: 'relation', relation, table });
    return EVENT_BYTES;
  }

  /** Only transactional ones have a place among the changes. */
  private marker(buffer: Buffer, offset: number, out: DecodedEvent[]): number {
    const end = buffer.indexOf(0, offset + 10);
    if (buffer[offset + 1] !== 1 || !this.open) return 0;
    const at = this.position();
    if (buffer.toString('utf8', offset + 10, end) !== this.options.markerPrefix) return 0;
    const length = buffer.readUInt32BE(end + 1);
    out.push({ op: 'marker', id: buffer.toString('utf8', end + 5, end + 5 + length), at });
    return EVENT_BYTES + length;
  }

  /** The next ordinal's position. */
  private position(): string {
    const low = this.ordinal & 255;
    if (low === 0) this.highHex = this.commit + (this.ordinal / 256).toString(16).padStart(6, '0');
    this.ordinal++;
    return this.highHex + (LOW_HEX[low] as string);
  }

  /** What the new tuple left out of the key (a large value that did not change) is in the old one. */
  private keyOf(buffer: Buffer, mapping: RelationMapping, fields: TupleFields, before: TupleFields | null): string {
    const values: (string | null)[] = [];
    for (const index of mapping.keyFields) {
      values.push((before && fields.isUnchanged(index) ? before : fields).text(buffer, index));
    }
    // A column that was dropped or is no longer sent: the relation's comparison stops the job before this is handed over.
    return mapping.canonicalKey(values) ?? '';
  }
}

/** A commit that directly follows another one stands for both. */
function pushCommit(out: DecodedEvent[], confirm: bigint, committedAtMs: number): number {
  const last = out[out.length - 1];
  if (last?.op === 'commit') {
    last.confirm = confirm;
    last.committedAtMs = committedAtMs;
    return 0;
  }
  out.push({ op: 'commit', confirm, committedAtMs });
  return EVENT_BYTES;
}
