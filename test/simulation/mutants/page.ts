import type { Mutant } from './mutant.js';

export interface Death {
  killedBy: string;
  why: string;
}

export interface Judged {
  mutant: Mutant;
  /** Undefined where it survived. */
  killedBy: string | undefined;
  /** Which seed `verify` alone finds it in; undefined where that is not asked for. */
  verify: string | undefined;
}

/** Of those that `verify` must find. */
export const UNSEEN = 'unseen';

export const survives = ({ killedBy, verify }: Judged): boolean => killedBy === undefined || verify === UNSEEN;

/** docs/73-mutants.md, which `npm run mutants -- --table docs/73-mutants.md` writes. */
export function mutantsPage(deaths: readonly Judged[], seeds: string): string {
  const rows = deaths.map(
    ({ mutant, killedBy, verify = '' }) =>
      `| ${mutant.name} | ${mutant.takesAway} | ${killedBy ?? '**survives**'} | ${verify === UNSEEN ? '**unseen**' : verify} |`,
  );
  const killed = deaths.filter((death) => !survives(death)).length;
  return `# 73 Mutants

What the proof of Millrace would notice. Each line is a mechanism that is taken away, or a known defect that is put in, one at a time; \`killed by\` is
the first [seed](70-simulation.md) that fails then, or the tests that do. Written by \`npm run mutants -- --table docs/73-mutants.md\`; a seed means its world
only together with the version of the code that it was run on. Each was given the first ${seeds} seeds at the most, and its tests before, where it has some.

The last column is of the defects that users of another product had in their documents (\`rm1\` to \`rm18\`, but for \`rm16\`: documents that a write by a filter skips while a sharded target moves them; Millrace writes by \`_id\` alone): which seed the command \`verify\` finds it in, with no
other judge. \`shared\`: it is in the making of a document from its rows, which \`verify\` shares with the writer by design; that \`verify\` finds documents that
look so is shown by [damage](../test/simulation/world/damage.ts) done to them from outside.

${killed} of ${deaths.length} are noticed.

| taken away or put in | what it is there for | killed by | found by \`verify\` |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
