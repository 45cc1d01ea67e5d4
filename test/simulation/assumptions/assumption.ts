/** A test on the real server, or on the real thing that the simulation stands for. */
export interface RealTest {
  /** Where its title stands; of a conformance kit, the kit. */
  file: string;
  /** As its source has it. */
  title: string;
  /** Of a kit: what runs it on the real server. */
  runBy?: string;
}

/** What the simulation takes a server, or a process, to do. */
export interface Assumption {
  /** In a sentence. */
  holds: string;
  /** What relies on it, below test/simulation. */
  reliesOnIt: string;
  tests: readonly RealTest[];
  /** Of what no test checks: why. */
  unchecked?: string;
}

export interface AssumptionsOf {
  name: string;
  assumptions: readonly Assumption[];
}

const inFile =
  (file: string, runBy?: string) =>
  (title: string): RealTest => ({ file, title, ...(runBy !== undefined && { runBy }) });

const MONGODB = 'libs/store/mongodb';
export const transactions = inFile(`${MONGODB}/mongo-transactions.int.spec.ts`);
export const failOver = inFile(`${MONGODB}/mongo-transactions.fail-over.int.spec.ts`);
export const leftOpen = inFile(`${MONGODB}/mongo-transactions.left-open.int.spec.ts`);
export const abandoned = inFile(`${MONGODB}/abandoned.int.spec.ts`);
export const validators = inFile(`${MONGODB}/validators.int.spec.ts`);
export const storeFaults = inFile(`${MONGODB}/mongo-store.faults.int.spec.ts`);
const STORE = `${MONGODB}/mongo-store.conformance.int.spec.ts`;
export const storeKit = inFile('libs/store/testing/store-conformance.ts', STORE);
export const readsKit = inFile('libs/store/testing/reads.ts', STORE);
export const order = inFile('test/simulation/store/order.int.spec.ts');

const POSTGRES = 'libs/sources/postgres';
export const commit = inFile(`${POSTGRES}/postgres-commit.int.spec.ts`);
export const log = inFile(`${POSTGRES}/postgres-log.int.spec.ts`);
export const slot = inFile(`${POSTGRES}/postgres-slot.int.spec.ts`);
export const capture = inFile(`${POSTGRES}/postgres-capture.int.spec.ts`);
export const captureStart = inFile(`${POSTGRES}/postgres-capture.start.int.spec.ts`);
export const captureFlow = inFile(`${POSTGRES}/postgres-capture.flow.int.spec.ts`);
export const captureFaults = inFile(`${POSTGRES}/postgres-capture.faults.int.spec.ts`);
export const schema = inFile(`${POSTGRES}/postgres-capture.schema.int.spec.ts`);
export const load = inFile(`${POSTGRES}/postgres-load.int.spec.ts`);
export const sourceKit = inFile(
  'libs/sources/testing/source-conformance.ts',
  `${POSTGRES}/postgres-source.conformance.int.spec.ts`,
);

const KAFKA = 'libs/log/kafka';
export const broker = inFile(`${KAFKA}/kafka-broker.int.spec.ts`);
export const kafkaFaults = inFile(`${KAFKA}/kafka-log.faults.int.spec.ts`);
export const logKit = inFile('libs/log/log-conformance.ts', `${KAFKA}/kafka-log.conformance.int.spec.ts`);
export const topicsKit = inFile('libs/log/testing/topics.ts', `${KAFKA}/kafka-log.conformance.int.spec.ts`);
export const formerOwner = inFile('test/e2e/robust-kafka-former-owner.int.spec.ts');

export const crashes = inFile('test/e2e/crash-any-moment.int.spec.ts');
export const servers = inFile('test/e2e/robust-servers.int.spec.ts');
