import { readFile } from 'node:fs/promises';

/**
 * What a marked block of the mapping guide is, by the words behind its three backticks:
 *
 * - `sql rows` makes the source's tables and begins an example; `sql change` changes them while the job runs
 * - `yaml job` is the job file from `collections` on; `yaml file` a whole one, whose mistakes are shown
 * - `json documents=NAME` is what the collection holds by then, as `preview` prints it, in the order of `_id`; with
 *   `canonical` every type is visible
 * - `text letters` the dead letters by then, `text findings` what `check` says of the mapping, `text mistakes` of `yaml file`
 */
export interface GuideBlock {
  kind: 'rows' | 'change' | 'job' | 'file' | 'documents' | 'letters' | 'findings' | 'mistakes';
  collection: string;
  canonical: boolean;
  text: string;
  /** In the guide, of the opening backticks. */
  line: number;
}

export interface GuideExample {
  title: string;
  blocks: GuideBlock[];
}

const OPENING =
  /^```(?:sql|yaml|json|text) (rows|change|job|file|documents|letters|findings|mistakes)(?:=(\S+))?( canonical)?$/;

export async function guideExamples(file: string): Promise<GuideExample[]> {
  const examples: GuideExample[] = [];
  let heading = '';
  let block: GuideBlock | undefined;
  const lines = (await readFile(file, 'utf8')).split('\n');
  for (const [index, line] of lines.entries()) {
    if (block !== undefined) {
      if (line === '```') block = undefined;
      else block.text += `${line}\n`;
      continue;
    }
    if (/^#+ /.test(line)) heading = line.replace(/^#+ /, '');
    const [, kind, collection = '', canonical] = OPENING.exec(line) ?? [];
    if (kind === undefined) continue;
    block = {
      kind: kind as GuideBlock['kind'],
      collection,
      canonical: canonical !== undefined,
      text: '',
      line: index + 1,
    };
    if (kind === 'rows') examples.push({ title: `${heading} (line ${index + 1})`, blocks: [] });
    const example = examples.at(-1);
    if (example === undefined) throw new Error(`${file}:${index + 1}: an example begins with a block \`sql rows\``);
    example.blocks.push(block);
  }
  return examples;
}
