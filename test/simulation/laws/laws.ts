import { type Incarnation, IncarnationNames, JOB, JOB_ID } from '#stage';
import type { Plan } from '#model';
import type { SimPostgres } from '../source/index.js';
import { fieldOf, type SimMongo } from '../store/index.js';
import type { ModelRow } from '../workload/index.js';
import { type StagedTable, stageDifferences } from './staged-rows.js';

export interface Watched {
  mongo: SimMongo;
  postgres: SimPostgres;
  /** The job's state database. */
  state: string;
}

/** The laws that a world is held to besides its documents: told by the servers, it changes nothing and draws no random numbers. */
export class Laws {
  /** How often a majority has got a row of a stage. */
  stagings = 0;

  constructor(private readonly watched: Watched) {
    const { mongo, state } = watched;
    mongo.onCommitted(({ database, collection }) => {
      if (database === state && collection.startsWith('stage_')) this.stagings++;
    });
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
