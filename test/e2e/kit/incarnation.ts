import { type Incarnation, IncarnationNames, JOB, JOB_ID } from '#stage';
import type { TestMongo } from '#testing';

/** The names that the job's present load has, by its record. */
export async function presentNames({ client }: Pick<TestMongo, 'client'>, job: string): Promise<IncarnationNames> {
  const records = client.db(`millrace_${job}`).collection<Incarnation & { _id: string }>(JOB.name);
  const record = await records.findOne({ _id: JOB_ID });
  if (record === null) throw new Error(`the job ${job} has no record`);
  return new IncarnationNames(record);
}
