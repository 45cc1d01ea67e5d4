import { readJobFile } from '#mapping';
import { DEFAULT_TUNING, type Tuning } from '#job';
import { Kernel, type KernelOptions, type Random } from '../kernel/index.js';
import { SimBroker } from '../log/index.js';
import { SimPostgres } from '../source/index.js';
import { fieldOf, SimMongo } from '../store/index.js';
import {
  expectedDocuments,
  inWords,
  jobFileOf,
  type Model,
  RandomChanges,
  randomModel,
  type Words,
} from '../workload/index.js';
import { type Servers, SimService } from './sim-service.js';

const JOB = 'sim';

/** One seed's world: servers, services and a workload, with what befalls them. */
export class SimWorld {
  readonly kernel: Kernel;
  readonly servers: Servers;
  readonly model: Model;
  readonly changes: RandomChanges;
  readonly services: SimService[] = [];
  failure: unknown;
  private readonly random: Random;
  private readonly job;
  private names = 0;

  constructor(options: KernelOptions) {
    const kernel = new Kernel(options);
    this.kernel = kernel;
    this.random = kernel.random.fork();
    const postgres = new SimPostgres(kernel);
    this.servers = {
      kernel,
      postgres,
      mongo: new SimMongo(kernel),
      broker: new SimBroker(kernel),
    };
    this.model = randomModel(kernel.random.fork());
    this.changes = new RandomChanges(this.model, postgres, kernel.random.fork());
    this.changes.createTables();
    const text = jobFileOf(this.model, JOB);
    const read = readJobFile(text, { fileName: 'simulated.yaml', env: {}, readSecretFile: () => '' });
    if (read.problems) throw new Error(`${text}\n${JSON.stringify(read.problems)}`);
    this.job = { ...read, tuning: randomTuning(kernel.random.fork()) };
  }

  start(role: SimService['role']): SimService {
    const name = `${role} ${++this.names}`;
    const fail = (error: unknown) => {
      this.failure ??= error;
    };
    const service = new SimService(this.servers, this.job, role, name, fail);
    this.services.push(service);
    service.start();
    return service;
  }

  kill(service: SimService): void {
    this.kernel.note(`${service.process.name} is killed`);
    service.process.kill();
    this.services.splice(this.services.indexOf(service), 1);
  }

  any(): SimService {
    return this.random.one(this.services);
  }

  /** What is wrong with the target's documents now, by collection; empty where they are what the source says. */
  differences(): string[] {
    const { postgres, mongo } = this.servers;
    const expected = expectedDocuments(this.model, (table) => postgres.rows(table));
    return [...expected].flatMap(([collection, documents]) => {
      const found = new Map<Words, Words>();
      for (const document of mongo.committed('target', collection))
        found.set(inWords(fieldOf(document, '_id')), inWords(document));
      const ids = new Set([...documents.keys(), ...found.keys()]);
      return [...ids].flatMap((id) => {
        const [should, is] = [documents.get(id), found.get(id)];
        return should === is
          ? []
          : [`${collection} ${id}\n  should be ${should ?? 'absent'}\n  is        ${is ?? 'absent'}`];
      });
    });
  }
}

function randomTuning(random: Random): Tuning {
  const size = (): number => random.one([1, 1, 2, 3, 5, 100]);
  return {
    ...DEFAULT_TUNING,
    rowsPartitions: random.between(1, 3),
    touchesPartitions: random.between(1, 3),
    readers: random.between(1, 2),
    chunkRows: size(),
    rowsBatchRecords: size(),
    rootsPerTransaction: size(),
    rootsPerBuildTask: size(),
    batchSpacingMs: random.one([0, 40]),
  };
}
