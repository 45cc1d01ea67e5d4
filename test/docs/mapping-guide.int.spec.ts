import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { testPostgres } from '#testing';
import { cliContext } from '../e2e/run-cli.js';
import { compactJson } from '../oracle/index.js';
import { type GuideBlock, type GuideExample, guideExamples } from './guide-examples.js';
import { type ExampleJob, exampleJob } from './example-job.js';

const GUIDE = fileURLToPath(new URL('../../docs/10-mapping-guide.md', import.meta.url));
const examples = await guideExamples(GUIDE);

const blockOf = (example: GuideExample, kind: GuideBlock['kind']) =>
  example.blocks.find((block) => block.kind === kind);
const mistaken = examples.filter((example) => blockOf(example, 'file'));
const working = examples.filter((example) => blockOf(example, 'job'));

describe('the mapping guide', () => {
  test('has an example of every clause of the grammar', () => {
    const shown = working.map((example) => blockOf(example, 'job')?.text).join('\n');
    const clauses = [
      'table',
      'id',
      'objectId',
      'computed',
      'fields',
      'only',
      'omit',
      'rename',
      'types',
      'where',
      'embed',
      'one',
      'many',
      'on',
      'sort',
      'limit',
      'value',
      'flatten',
      'prefix',
      'nulls',
      'fieldNames',
    ];
    expect(clauses.filter((clause) => !new RegExp(`\\b${clause}:`).test(shown))).toEqual([]);
    expect(mistaken).not.toEqual([]);
  });

  test.each(working.map((example) => [example.title, example] as const))('is right: %s', async (_title, example) => {
    await using job = await exampleJob(blockOf(example, 'rows')?.text ?? '', blockOf(example, 'job')?.text ?? '');
    for (const block of example.blocks) await follow(job, block);
  });

  test.each(mistaken.map((example) => [example.title, example] as const))('is right: %s', async (_title, example) => {
    await using pg = await testPostgres();
    await using cli = await cliContext();
    await pg.exec(blockOf(example, 'rows')?.text ?? '');
    const file = await cli.file('job.yaml', blockOf(example, 'file')?.text ?? '');
    const uris = { MILLRACE_SOURCE_URI: pg.uri, MILLRACE_TARGET_URI: 'mongodb://127.0.0.1:1/?replicaSet=none' };
    const { code, err } = await cli.run(['check', file], uris);
    const [mistakes] = err.replaceAll(file, 'job.yaml').split('error JOB_FILE_INVALID');
    expect(mistakes).toBe(blockOf(example, 'mistakes')?.text);
    expect(code).toBe(2);
  });
});

/** What the block says is held against what the running job says. */
async function follow(job: ExampleJob, block: GuideBlock): Promise<void> {
  const { line, collection, text } = block;
  switch (block.kind) {
    case 'change':
      return job.change(text);
    case 'documents':
      return expect({ line, documents: compact(await job.documents(collection, block.canonical)) }).toEqual({
        line,
        documents: compact(text),
      });
    case 'letters':
      return expect({ line, letters: await job.letters() }).toEqual({ line, letters: text });
    case 'findings':
      return expect({ line, findings: await job.findings() }).toEqual({ line, findings: text });
    default:
      return;
  }
}

/** A document a line, whatever its white space. */
function compact(documents: string): string {
  return compactJson(documents).replaceAll('}{', '}\n{');
}
