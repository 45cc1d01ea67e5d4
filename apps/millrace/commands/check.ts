import { EXIT } from '#errors';
import { defineCommand, FILE, textAt } from '../command.js';
import { countFindings, formatFindings } from '../output/findings.js';
import { withJob } from '../with-job.js';

export const check = defineCommand({
  name: 'check',
  summary: 'find everything that would stop or damage this job',
  description:
    'Looks at the source, the target and the mapping, and lists everything that would stop or damage this job, each with ' +
    'the SQL or the step that mends it. Changes nothing. Exits 4 where there is a blocker: `run` refuses for the same reasons.',
  args: [FILE],
  options: [],
  examples: ['millrace check shop.yaml'],
  async run(context, args) {
    const { terminal } = context;
    const findings = await withJob(textAt(args, 0), context, (job) => job.check());
    const blocked = findings.some(({ severity }) => severity === 'blocker');
    terminal.result({ findings: terminal.redactor.redactAll(findings) }, () => {
      const listed = terminal.redactor.redact(formatFindings(findings, terminal.out));
      const verdict = blocked ? terminal.out.red('✗ not ready') : terminal.out.green('✓ ready');
      return `${listed}${listed === '' ? '' : '\n'}${verdict}: ${countFindings(findings)}`;
    });
    return blocked ? EXIT.blocked : EXIT.done;
  },
});
