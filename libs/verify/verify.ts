import type { CollectionPlan } from '#model';
import { ExtraPass } from './extra-pass.js';
import { ForwardPass } from './forward-pass.js';
import { IdSums } from './id-sums.js';
import { Judge } from './judge.js';
import { repairRefused } from './no-capture.js';
import type { VerifyDeps } from './ports.js';
import { collectionsOf } from './preview.js';
import { Repairer } from './repair.js';
import type { VerifyProgress, VerifyReport } from './report.js';
import { Suspects } from './suspects.js';
import { Tally } from './tally.js';
import { TargetDocuments } from './target-documents.js';

export interface VerifyOptions {
  collection?: string;
  repair: boolean;
  onProgress?: (event: VerifyProgress) => void;
}

/**
 * Compares every document of the target with what the mapping makes of the source now, by their bytes: fields, order,
 * BSON types, values. Safe while the source changes and the engine follows: a document is called wrong only by the rule of
 * `Judge`. In memory: a page, up to a bound of suspects, and sums of `_id`s; none of it grows with the tables.
 */
export async function verifyDocuments(
  deps: VerifyDeps,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<VerifyReport> {
  if (options.repair && deps.plan.mode === 'snapshot') throw repairRefused();
  const collections = collectionsOf(deps.plan, options.collection);
  const tally = new Tally();
  if (options.repair) tally.repaired(0);
  for (const collection of collections) await verifyCollection(deps, collection, options, tally, signal);
  return tally.report;
}

async function verifyCollection(
  deps: VerifyDeps,
  collection: CollectionPlan,
  options: VerifyOptions,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const total = await new TargetDocuments(deps.store).count(collection);
  const sums = new IdSums(total);
  const repairer = options.repair ? new Repairer(deps) : undefined;
  const suspects = new Suspects({ collection, judge: new Judge(deps), repairer, tally, sums, signal });
  const onProgress = (documents: number) =>
    options.onProgress?.({ kind: 'verify', collection: collection.name, documents, total: Math.max(total, documents) });
  const parts = { collection, suspects, sums, tally, onProgress, signal };
  await new ForwardPass(deps).run(parts);
  await suspects.judgeAll();
  await new ExtraPass(deps).run(parts);
}
