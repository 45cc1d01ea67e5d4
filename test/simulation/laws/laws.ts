import { type Incarnation, IncarnationNames, JOB, JOB_ID } from '#stage';
import type { Plan } from '#model';
import type { Kernel } from '../kernel/index.js';
import type { SimBroker } from '../log/index.js';
import type { SimPostgres } from '../source/index.js';
import { type CommittedChange, fieldOf, type SimMongo } from '../store/index.js';
import type { ModelRow } from '../workload/index.js';
import { AppendedRecords } from './appended-records.js';
import { CommittedFences } from './committed-fences.js';
import { CommittedOffsets } from './committed-offsets.js';
import { ConfirmedPositions } from './confirmed-positions.js';
import { Incarnations } from './incarnations.js';
import { type StagedTable, stageDifferences } from './staged-rows.js';
import { StageOrder } from './stage-order.js';
import { StagedVersions } from './staged-versions.js';

export interface Watched {
  kernel: Kernel;
  mongo: SimMongo;
  postgres: SimPostgres;
  broker: SimBroker;
  /** The job's state database. */
  state: string;
}

/** The laws that a world is held to besides its documents: told by the servers, it changes nothing and draws no random numbers. */
export class Laws {
  /** How often a majority has got a row of a stage. */
  stagings = 0;
  private readonly incarnations = new Incarnations();
  private readonly staged = new StagedVersions();
  private readonly order = new StageOrder();
  private readonly fences = new CommittedFences();
  private readonly appended = new AppendedRecords();
  private readonly positions: ConfirmedPositions;
  private readonly offsets: CommittedOffsets;

  constructor(private readonly watched: Watched) {
    const { kernel, mongo, postgres, broker, state } = watched;
    const { appended, staged, fences, incarnations } = this;
    const { server } = postgres;
    this.positions = new ConfirmedPositions({
      transactions: () => server.wal.transactions,
      history: () => server.identity.history,
      incarnationOf: (slot) => incarnations.ofSlot(slot),
      hasTopic: (topic) => broker.has(topic),
      appended,
      staged,
    });
    this.offsets = new CommittedOffsets({ ofTopic: (topic) => incarnations.ofTopic(topic), appended, staged, fences });
    mongo.onCommitted((change) => change.database === state && this.committed(change));
    server.slots.listen(this.positions);
    broker.onAppended((topic, partition, message) =>
      appended.appended(topic, partition, { ...message, step: kernel.step }),
    );
    broker.onLost((topic) => this.offsets.lost(topic));
    broker.onCommitted((topic, _, partition, offset) => this.offsets.committed(topic, partition, offset));
  }

  /** What was broken so far of the laws that always hold. */
  get broken(): string | undefined {
    const lost = this.positions.broken[0] ?? this.offsets.broken[0];
    if (lost !== undefined) return `law 3: ${lost}`;
    const [older] = this.order.broken;
    return older === undefined ? undefined : `law 5: ${older}`;
  }

  private committed(change: CommittedChange): void {
    const { step } = this.watched.kernel;
    const { collection } = change;
    if (collection.startsWith('stage_')) {
      this.stagings++;
      this.staged.committed(change, step);
      this.order.committed(change);
    } else if (collection.startsWith('fences_')) this.fences.committed(change, step);
    else this.incarnations.committed(change, step);
  }

  /** What is wrong with the stage of a job at rest. */
  stageDifferences(): string[] {
    const { mongo, state } = this.watched;
    const record = mongo.committed(state, JOB.name).find((each) => fieldOf(each, '_id') === JOB_ID);
    if (record === undefined) return [];
    const { plan, ...incarnation } = record as unknown as Incarnation & { plan: Plan };
    const names = new IncarnationNames(incarnation);
    const tables = plan.tables.map(({ index, name, columns }) => ({ index, name, columns: columns.map(nameOf) }));
    return stageDifferences(tables, {
      sourceRows: (table) => this.rowsByKey(table),
      staged: ({ index }) => mongo.committed(state, names.stage(index).name),
    });
  }

  private rowsByKey({ name }: StagedTable): Map<string, ModelRow> {
    const { postgres } = this.watched;
    return new Map(postgres.rows(name).map((row) => [postgres.keyOf(name, row), row]));
  }
}

const nameOf = ({ name }: { name: string }): string => name;
