import type { InFlight } from '#log';
import type { Finding, Plan, RowChange } from '#model';
import type { CaptureEvent, CaptureNames, CaptureStream, Source } from '#sources';
import type { Markers } from './markers.js';
import { PositionTracker } from './position-tracker.js';
import type { RowPacker } from './row-packer.js';

type Commit = Extract<CaptureEvent, { op: 'commit' }>;

export interface CaptureActorParts {
  source: Source;
  plan: Plan;
  names: CaptureNames;
  epoch: number;
  packer: RowPacker;
  inFlight: InFlight;
  markers: Markers;
  now: () => number;
  onSchema: (finding: Finding, stops: boolean) => void;
  onCaptured?: (changes: readonly RowChange[]) => void;
  /** Everything that was committed up to this time has been appended. */
  onCommit?: (committedAtMs: number) => void;
}

/**
 * Follows the source's change log and appends its changes to the partitions of their rows.
 *
 * - **Order**: changes are appended in commit order, so each row's are in order in its partition.
 * - **Acknowledged when**: a commit is confirmed to the source after everything appended up to it has resolved.
 * - **Repeats**: what was not confirmed is streamed again with the same positions.
 * - **Pace**: what is appended and not resolved is bounded in bytes; at the bound the stream is not read.
 */
export class CaptureActor {
  private tracker: PositionTracker | undefined;
  private failure: { error: unknown } | undefined;

  constructor(private readonly parts: CaptureActorParts) {}

  /** One connection's life: until `signal` (then it resolves) or until something fails. Call it again to go on. */
  async follow(signal: AbortSignal): Promise<void> {
    const { source, plan, names, epoch } = this.parts;
    const stream = source.capture(plan, names, epoch);
    const stop = () => void stream.stop().catch(() => undefined);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    this.failure = undefined;
    const tracker = new PositionTracker(
      (commit) => stream.confirm(commit),
      (error) => this.fail(error, stream),
    );
    this.tracker = tracker;
    try {
      for await (const { events } of stream) {
        if (this.failure) break;
        await this.append(events, tracker);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      await stream.stop();
    }
    this.throwFailure();
  }

  /** The commit time of the oldest change that is not yet visible, in ms since the epoch. */
  oldestOpenMs(): number | undefined {
    return this.tracker?.oldestOpenMs();
  }

  /** Resolves when everything that was appended up to now has. */
  settled(): Promise<unknown> {
    return this.tracker?.settled() ?? Promise.resolve();
  }

  private async append(events: readonly CaptureEvent[], tracker: PositionTracker): Promise<void> {
    let changes: RowChange[] = [];
    // What was handed over together begins with the changes of its first commit.
    const first = events.find((event): event is Commit => event.op === 'commit');
    const oldestMs = first?.committedAtMs;
    const flush = async (): Promise<void> => {
      if (changes.length === 0) return;
      const batch = changes;
      changes = [];
      await this.appendChanges(batch, oldestMs, tracker);
    };
    const commits: Commit[] = [];
    for (const event of events) {
      switch (event.op) {
        case 'upsert':
        case 'delete':
          changes.push(event);
          break;
        case 'commit':
          commits.push(event);
          break;
        case 'schema':
          await flush();
          this.parts.onSchema(event.finding, event.stops);
          if (event.stops) throw new SchemaStops(event.finding.message);
          break;
        case 'truncate':
          await flush();
          tracker.appended(this.parts.packer.appendToAll({ kind: 'truncate', change: event, bytes: 100 }));
          break;
        case 'marker':
          await flush();
          tracker.appended(this.parts.markers.returned(event.id, event.at));
          break;
      }
    }
    await flush();
    for (const { confirm, committedAtMs } of commits) {
      tracker.committed(confirm, committedAtMs);
      this.parts.onCommit?.(committedAtMs);
    }
  }

  private async appendChanges(
    changes: readonly RowChange[],
    oldestMs: number | undefined,
    tracker: PositionTracker,
  ): Promise<void> {
    const { inFlight, packer } = this.parts;
    let bytes = 0;
    for (const change of changes) bytes += 200 + change.tuple.length;
    await inFlight.room(bytes);
    const appends = packer.appendChanges(changes, oldestMs);
    this.parts.onCaptured?.(changes);
    const release = () => inFlight.release(bytes);
    Promise.all(appends).then(release, release);
    tracker.appended(appends);
  }

  private fail(error: unknown, stream: CaptureStream): void {
    this.failure ??= { error };
    void stream.stop().catch(() => undefined);
  }

  private throwFailure(): void {
    if (this.failure) throw this.failure.error;
  }
}

/** A column in use changed: the job needs a person, and nothing after this point may be taken. */
export class SchemaStops extends Error {
  override readonly name = 'SchemaStops';
}
