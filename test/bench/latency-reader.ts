import { type ChangeStream, MongoClient } from 'mongodb';
import { readStamp } from './latency-changes.js';

interface OrderDocument {
  note?: unknown;
  lines?: { comment?: unknown }[];
}

/** An application that follows the target collection by a change stream: what it is told, a majority has. */
export class LatencyReader {
  /** When each change was seen first. */
  readonly seenMs = new Map<number, number>();
  private readonly following: Promise<void>;

  private constructor(
    private readonly client: MongoClient,
    private readonly stream: ChangeStream,
  ) {
    this.following = this.follow();
    this.following.catch(() => undefined);
  }

  static async open(uri: string, database: string): Promise<LatencyReader> {
    const client = await new MongoClient(uri).connect();
    const stream = client.db(database).collection('orders').watch(PIPELINE, { batchSize: 5000 });
    await stream.tryNext(); // Opens the cursor: what is written from now on comes.
    return new LatencyReader(client, stream);
  }

  async close(): Promise<void> {
    await this.stream.close();
    await this.following.catch(() => undefined);
    await this.client.close();
  }

  private async follow(): Promise<void> {
    for await (const event of this.stream) {
      const nowMs = Date.now();
      const document = (event as unknown as { fullDocument?: OrderDocument }).fullDocument;
      if (document) this.take(document, nowMs);
    }
  }

  /** Old stamps stay in a document beside new ones: only the first sight counts. */
  private take({ note, lines }: OrderDocument, nowMs: number): void {
    this.takeText(note, nowMs);
    for (const line of lines ?? []) this.takeText(line.comment, nowMs);
  }

  private takeText(text: unknown, nowMs: number): void {
    const change = readStamp(text)?.change;
    if (change !== undefined && !this.seenMs.has(change)) this.seenMs.set(change, nowMs);
  }
}

const PIPELINE = [
  { $match: { operationType: { $in: ['insert', 'replace', 'update'] } } },
  { $project: { 'fullDocument.note': 1, 'fullDocument.lines.comment': 1 } },
];
